import BareStores
import Foundation
import PostgresStore
import RedisStore
import Relational
import SQLiteStore
import ViewStores

/// Measures one side of one store in a process of its own; `Benchmarks/run --only stores` lets the sides take turns and compares them.
///
///     store-bench leftfold|bare sqlite|search|postgres|redis TARGET COUNT
///
/// TARGET is a file, a connection string or a URL with nothing of the benchmark in it. The seconds of each phase are printed as JSON, and
/// what the stores hold afterwards is left there for the caller to compare.
@main
struct StoreBench {
    static func main() {
        do {
            let phases = try run(Array(CommandLine.arguments.dropFirst()))
            let fields = phases.map { "\"\($0.name)\": \($0.seconds)" }
            print("{\(fields.joined(separator: ", "))}")
        } catch {
            FileHandle.standardError.write(Data("store-bench: \(error)\n".utf8))
            exit(1)
        }
    }

    private typealias Phases = [(name: String, seconds: Double)]

    private struct Usage: Error, CustomStringConvertible {
        let description = "usage: store-bench leftfold|bare sqlite|search|postgres|redis TARGET COUNT"
    }

    private static func run(_ words: [String]) throws -> Phases {
        guard words.count == 4, let count = Int(words[3]), count > 0 else { throw Usage() }
        let target = words[2]
        switch (words[0], words[1]) {
        case ("leftfold", "sqlite"): return try deltas(SQLiteStore(path: target), Workload<bare_row>(count: count))
        case ("leftfold", "search"): return try deltas(SQLiteStore(path: target), Workload<bare_article>(count: count))
        case ("leftfold", "postgres"):
            return try buildAndUpdates(
                PostgresStore(url: target, schema: "leftfold"),
                Workload<bare_row>(count: count)
            )
        case ("leftfold", "redis"):
            return try deltas(RedisStore(url: target, prefix: "bench"), Workload<bare_row>(count: count), kind: .cache)
        case ("bare", "sqlite"): return bareSQLite(target, Workload<bare_row>(count: count))
        case ("bare", "search"): return bareSearch(target, Workload<bare_article>(count: count))
        case ("bare", "postgres"): return barePostgres(target, Workload<bare_row>(count: count))
        default: throw Usage()
        }
    }

    // MARK: Leftfold

    /// Every row inserted by deltas into an empty view, then updated by deltas.
    private static func deltas<Row: BenchRow>(
        _ store: any ViewStore,
        _ workload: consuming Workload<Row>,
        kind: ViewKind? = nil
    ) throws -> Phases {
        var view = Row.view
        if let kind { view.kind = kind }
        let inserts = try Batch.split(inserting: workload.inserted)
        let updates = try Batch.split(inserting: workload.updated, deleting: workload.old)
        var side = try StoreSide(store, view)
        _ = try side.build([])
        return [("insert", try side.apply(inserts)), ("update", try side.apply(updates))]
    }

    /// The view built at once, then updated by deltas.
    private static func buildAndUpdates(
        _ store: any ViewStore,
        _ workload: consuming Workload<bare_row>
    ) throws -> Phases {
        let rows = try Batch.split(inserting: workload.inserted)
        let updates = try Batch.split(inserting: workload.updated, deleting: workload.old)
        var side = try StoreSide(store, bare_row.view)
        return [("build", try side.build(rows)), ("update", try side.apply(updates))]
    }

    // MARK: Bare loops

    private static func bareSQLite(_ path: String, _ workload: consuming Workload<bare_row>) -> Phases {
        let count = workload.inserted.count
        let batch = Workload<bare_row>.batchCount
        return [
            ("insert", bare_sqlite_upsert(path, workload.inserted, count, batch)),
            ("update", bare_sqlite_upsert(path, workload.updated, count, batch)),
        ]
    }

    private static func bareSearch(_ path: String, _ workload: consuming Workload<bare_article>) -> Phases {
        let count = workload.inserted.count
        let batch = Workload<bare_article>.batchCount
        return [
            ("insert", bare_sqlite_articles(path, workload.inserted, nil, count, batch)),
            ("update", bare_sqlite_articles(path, workload.updated, workload.old, count, batch)),
        ]
    }

    private static func barePostgres(_ conninfo: String, _ workload: consuming Workload<bare_row>) -> Phases {
        let count = workload.inserted.count
        return [
            ("build", bare_postgres_copy(conninfo, workload.inserted, count)),
            ("update", bare_postgres_upsert(conninfo, workload.updated, count, Workload<bare_row>.batchCount)),
        ]
    }
}
