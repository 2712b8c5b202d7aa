import Relational
import ViewMaintenance

extension ApplyRequest {
    /// `drop=yes`, `previous=as_before`, `keep` or `drop`.
    init(_ parameters: Parameters) throws {
        let drop = parameters.text("drop")
        guard drop == nil || drop == "yes" else { throw Parameters.unreadable("drop", "is not yes") }
        let previous = parameters.text("previous") ?? Previous.asBefore.rawValue
        guard let previous = Previous(rawValue: previous) else {
            throw Parameters.unreadable("previous", "is not as_before, keep or drop")
        }
        self.init(allowDrops: drop == "yes", previous: previous)
    }
}

extension RebuildRequest {
    /// `views=a,b`, `repair=yes`, `rollback=yes`, `bytes_per_second=n`.
    init(_ parameters: Parameters) throws {
        let repair = parameters.text("repair")
        guard repair == nil || repair == "yes" else { throw Parameters.unreadable("repair", "is not yes") }
        let rollback = parameters.text("rollback")
        guard rollback == nil || rollback == "yes" else { throw Parameters.unreadable("rollback", "is not yes") }
        self.init(
            parameters.text("views")?.split(separator: ",").map(String.init) ?? [],
            isRepair: repair == "yes",
            isRollback: rollback == "yes",
            bytesPerSecond: try parameters.number("bytes_per_second", as: Int.self, in: 1...Int.max)
        )
    }
}

extension ViewVerification {
    /// `view`, `version`, `lsn`, `share`, `differences`, all of them; and `index_fault`.
    init(_ parameters: Parameters) throws {
        guard let view = parameters.text("view") else { throw Parameters.unreadable("view", "is missing") }
        guard let version = parameters.text("version") else { throw Parameters.unreadable("version", "is missing") }
        guard let lsn = try parameters.lsn("lsn") else { throw Parameters.unreadable("lsn", "is missing") }
        guard let share = try parameters.number("share", as: Double.self, in: 0...1) else {
            throw Parameters.unreadable("share", "is missing")
        }
        guard let count = try parameters.number("differences", as: Int.self, in: 0...Int.max) else {
            throw Parameters.unreadable("differences", "is missing")
        }
        self.init(view: view, version: version, lsn: lsn.description, share: share, differenceCount: count)
        indexFault = parameters.text("index_fault")
    }
}
