import Relational
import ViewMaintenance

extension RebuildRequest {
    /// `views=a,b`, `repair=yes`, `bytes_per_second=n`.
    init(_ parameters: Parameters) throws {
        let repair = parameters.text("repair")
        guard repair == nil || repair == "yes" else { throw Parameters.unreadable("repair", "is not yes") }
        self.init(
            parameters.text("views")?.split(separator: ",").map(String.init) ?? [],
            isRepair: repair == "yes",
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
