import EventLog
import Foundation
import Logging
import Relational
import SQLiteDatabase
import SQLiteStore
import Synchronization
import ViewMaintenance
import ViewPlan
import ViewSQL
import ViewStores

typealias Statement = (name: String, sql: String)

/// Compiles statements that the test gives, and may change while a daemon runs.
final class StatementCompiler: ViewCompiling {
    private let kept: Mutex<[Statement]>
    private let ranLast: [Statement]
    private let readable: Mutex<Int>

    /// `ranLast` are those that a process before this one ended with. The folder can be read so often, until it is mended.
    init(_ statements: [Statement], ranLast: [Statement] = [], readable count: Int = .max) {
        kept = Mutex(statements)
        self.ranLast = ranLast
        readable = Mutex(count)
    }

    func mend() { readable.withLock { $0 = .max } }

    var statements: [Statement] {
        get { kept.withLock { $0 } }
        set { kept.withLock { $0 = newValue } }
    }

    func compile(_ relations: [RelationSchema]) throws -> [CompiledView] {
        let isReadable = readable.withLock { count in
            count -= 1
            return count >= 0
        }
        guard isReadable else { throw MaintenanceError(.definition, "the folder cannot be read", detail: "a test") }
        return compile(statements, relations)
    }

    func compileApplied(_ relations: [RelationSchema]) throws -> [CompiledView] { compile(ranLast, relations) }

    private func compile(_ statements: [Statement], _ relations: [RelationSchema]) -> [CompiledView] {
        ViewCompiler(relations: relations).compileAll(statements).map { file, result in
            let name = (try? result.get())?.name ?? file
            return CompiledView(
                name: name,
                file: file,
                result: result.mapError { ViewFailure(.init(code: "definition", message: $0.description)) }
            )
        }
    }

    func applied(_ definitions: [ViewDefinition], complete: Bool, failed: Set<String>) throws {}
}

/// One change: operation, new row, old row.
typealias Change = (operation: ChangeOperation, new: [Datum]?, old: [Datum]?)

extension ByteSlab {
    /// Appends changes as records of a schema.
    mutating func append(_ changes: [Change], _ schema: RelationSchema, _ id: SchemaID) {
        let encodings = schema.columns.map(\.type.encoding)
        for change in changes {
            let record = beginRecord(
                change.operation,
                schema: id,
                hasNew: change.new != nil,
                hasOld: change.old != nil,
                oldIsIdentityOnly: schema.replicaIdentity != .full
            )
            for values in [change.new, change.old] {
                guard let values else { continue }
                let row = beginRow(columnCount: values.count)
                for (column, value) in values.enumerated() { set(column, value, as: encodings[column], in: row) }
                endRow(row)
            }
            endRecord(record)
        }
    }
}

/// A log on disk, and the stores, in a folder that goes with it.
final class LogPlace: Sendable {
    let folder: String
    let log: EventLog

    /// The log's files may be elsewhere than those of the stores.
    init(logOn fileSystem: any FileSystem = PosixFileSystem(), options: LogOptions = LogOptions()) throws {
        folder = NSTemporaryDirectory() + "leftfold-fold-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        log = try EventLog.open(directory: folder + "/log", fileSystem: fileSystem, options: options)
    }

    /// Has a log that somebody copied earlier, and the stores of another place.
    init(logFrom copy: String, storesFrom other: LogPlace) throws {
        folder = NSTemporaryDirectory() + "leftfold-fold-" + UUID().uuidString
        let manager = FileManager.default
        try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try manager.copyItem(atPath: copy, toPath: folder + "/log")
        for name in try manager.contentsOfDirectory(atPath: other.folder) where name.contains(".db") {
            try manager.copyItem(atPath: "\(other.folder)/\(name)", toPath: "\(folder)/\(name)")
        }
        log = try EventLog.open(directory: folder + "/log", fileSystem: PosixFileSystem(), options: LogOptions())
    }

    deinit {
        try? log.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    func path(_ store: String = "views") -> String { "\(folder)/\(store).db" }

    func openStore(_ store: String = "views") throws -> NamedStore {
        let path = path(store)
        return NamedStore(store: try SQLiteStore(path: path), kind: "sqlite", location: path)
    }

    static var logger: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }

    func fold(_ statements: [Statement], store: String = "views") throws -> FoldAtRest {
        try FoldAtRest(
            log: log,
            compiler: StatementCompiler(statements),
            stores: ["main": try openStore(store)],
            logger: Self.logger
        )
    }

    func rows(_ sql: String, store: String = "views") throws -> [String] {
        let connection = try SQLiteConnection(path: path(store), mode: .readOnly)
        return try connection.rows(sql)
    }

    /// The rows of a view, without the column that Leftfold adds to bags, sorted.
    func rows(of view: String, store: String = "views") throws -> [String] {
        let connection = try SQLiteConnection(path: path(store), mode: .readOnly)
        let columns = try connection.rows("SELECT name FROM pragma_table_info('\(view)')").filter {
            !$0.hasPrefix("_leftfold")
        }
        let list = columns.map { QualifiedName.quote($0) }.joined(separator: ", ")
        return try connection.rows("SELECT \(list) FROM \(QualifiedName.quote(view))").sorted()
    }
}

extension SQLiteConnection {
    func rows(_ sql: String) throws -> [String] {
        let statement = try prepare(sql, isPersistent: false)
        var rows: [String] = []
        while try statement.step() {
            rows.append(
                (0..<statement.columnCount)
                    .map { statement.storageClass($0) == .null ? "∅" : statement.text($0) }
                    .joined(separator: "|")
            )
        }
        return rows
    }
}

/// A log of orders: one table, fed by hand.
final class OrdersLog: Sendable {
    let place: LogPlace
    private let lsn: Mutex<UInt64>

    static let schema = RelationSchema(
        relation: RelationID(1000),
        name: QualifiedName(schema: "public", name: "orders"),
        columns: [
            Column(name: "id", attributeNumber: 1, type: .int8, isNotNull: true),
            Column(name: "customer", attributeNumber: 2, type: .int4, isNotNull: true),
            Column(
                name: "price",
                attributeNumber: 3,
                type: ScalarType(oid: .numeric, typmod: (12 << 16 | 2) + 4, name: "numeric(12,2)")
            ),
        ],
        primaryKey: [0]
    )

    init(_ place: LogPlace? = nil, after lsn: UInt64 = 100) throws {
        self.place = try place ?? LogPlace()
        self.lsn = Mutex(lsn)
    }

    var log: EventLog { place.log }

    static func row(_ id: Int64, _ customer: Int64, _ cents: Int128) -> [Datum] {
        [.int(id), .int(customer), .numeric(.small(coefficient: cents, scale: 2))]
    }

    /// Commits changes, durably, and returns the commit's LSN.
    @discardableResult
    func commit(_ changes: [Change]) throws -> LSN {
        let lsn = try append(changes)
        try log.flush()
        return lsn
    }

    /// Appends a commit as a source does, and returns its LSN.
    @discardableResult
    func append(_ changes: [Change]) throws -> LSN {
        let writer = LogWriter(log)
        let lsn = lsn.withLock { last in
            last += 10
            return LSN(last)
        }
        let position = SourcePosition(timeline: 1, lsn: lsn)
        let id = try writer.schemaID(for: Self.schema, readAt: position)
        var records = ByteSlab()
        records.append(changes, Self.schema, id)
        let header = TransactionHeader(
            xid: UInt32(lsn.rawValue),
            commitEnd: position,
            commitTime: Int64(lsn.rawValue) * 1_000_000
        )
        try writer.appendCommit(header, group: nil, records: records, recordCount: changes.count)
        return lsn
    }

    /// Commits one new order for each of two customers.
    @discardableResult
    func commitPair(_ number: Int64) throws -> LSN {
        try commit([
            (.insert, Self.row(2 * number, number % 5, 100), nil),
            (.insert, Self.row(2 * number + 1, (number + 1) % 5, 250), nil),
        ])
    }

    func fold(_ statements: [Statement]) throws -> FoldAtRest { try place.fold(statements) }

    func rows(_ sql: String) throws -> [String] { try place.rows(sql) }
}
