import Foundation
import PostgresClient
import Testing

@testable import LeftfoldCLI

extension ProgramTests {
    /// `log export`, `log import` and `log bench`.
    @Suite struct TransferCommandTests {
        private static let ddl = [
            "CREATE TABLE orders (id int PRIMARY KEY, total numeric(10,2) NOT NULL)",
            "INSERT INTO orders SELECT n, n * 1.5 FROM generate_series(1, 40) n",
        ]
        private static let totals = TestView("totals", "SELECT sum(total) AS total, count(*) AS n FROM orders")

        private static func stop(_ daemon: LeftfoldProcess) async throws {
            daemon.terminate()
            #expect(try await daemon.end(within: .seconds(10)).status == 0)
        }

        /// Takes the log away, and everything else too when the stores are to begin anew.
        private static func removeLog(_ follower: Follower) throws {
            try FileManager.default.removeItem(atPath: follower.dataFolder + "/log")
        }

        private static func insert(_ rows: String, _ connection: PostgresConnection) throws {
            try connection.query("INSERT INTO orders SELECT n, 1 FROM generate_series(\(rows)) n")
        }

        @Test func `a backup taken from a running daemon goes on where it was`() async throws {
            let follower = try Follower(ddl: Self.ddl, tables: ["orders"], views: [Self.totals])
            let connection = try follower.connect()
            var daemon = try await follower.startDaemon()
            try Self.insert("100, 119", connection)
            try await follower.catchUp(daemon, connection)
            let early = try await follower.leftfold("log", "export", "early.leftfoldlog")
            #expect(early.status == 0 && early.output.isEmpty, "\(early)")
            #expect(early.errors.contains("60 records"), "\(early)")
            try await Self.expectLines(follower)
            let refused = try await follower.leftfold("log", "import", "early.leftfoldlog")
            #expect(refused.status == 4 && refused.errors.contains("there is a log already"), "\(refused)")
            #expect(refused.errors.contains("--data FOLDER"), "\(refused)")
            try Self.insert("200, 209", connection)
            try await follower.catchUp(daemon, connection)
            let late = try await follower.leftfold("log", "export", "late.leftfoldlog")
            #expect(late.status == 0 && late.errors.contains("70 records"), "\(late)")
            try await Self.stop(daemon)
            // Stores that are as far as the log go on; so does the slot.
            try Self.removeLog(follower)
            let imported = try await follower.leftfold("log", "import", "late.leftfoldlog")
            #expect(imported.status == 0 && imported.errors.contains("leftfold run"), "\(imported)")
            let check = try await follower.leftfold("log", "check")
            #expect(check.status == 0 && check.output.contains("sound"), "\(check)")
            daemon = try await follower.startDaemon()
            #expect(!daemon.errors.contains("ahead of the log"), "\(daemon.errors)")
            try Self.insert("300, 304", connection)
            try await follower.catchUp(daemon, connection)
            try await follower.expectEqual([Self.totals], connection, "after an import")
            try await Self.stop(daemon)
            try await Self.expectEarlierLog(follower)
            connection.close()
            try follower.destroy()
        }

        /// The same envelopes as `log tail`, to a file and to standard output, whole and from an offset.
        private static func expectLines(_ follower: Follower) async throws {
            let tail = try await follower.leftfold("log", "tail", "--from", "0", "--limit", "1000")
            let written = try await follower.leftfold("log", "export", "changes.jsonl")
            #expect(written.status == 0 && written.output.isEmpty, "\(written)")
            let lines = try String(contentsOfFile: follower.folder + "/changes.jsonl", encoding: .utf8)
            #expect(lines == tail.output && lines.split(separator: "\n").count == 60)
            let printed = try await follower.leftfold("log", "export", "-")
            #expect(printed.status == 0 && printed.output == lines, "\(printed)")
            let from = try await follower.leftfold("log", "export", "-", "--from", "50")
            let tailed = try await follower.leftfold("log", "tail", "--from", "50", "--limit", "1000")
            #expect(from.output == tailed.output && !from.output.isEmpty, "\(from)")
            let beyond = try await follower.leftfold("log", "export", "-", "--from", "1000000")
            #expect(beyond.status == 4 && beyond.errors.contains("is not in the log"), "\(beyond)")
        }

        /// Stores and slot are ahead of an older log: the views are built again from it, and following is refused as a gap.
        private static func expectEarlierLog(_ follower: Follower) async throws {
            try removeLog(follower)
            let path = follower.folder + "/early.leftfoldlog"
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            try bytes.dropLast(9).write(to: URL(fileURLWithPath: follower.folder + "/cut.leftfoldlog"))
            let cut = try await follower.leftfold("log", "import", "cut.leftfoldlog")
            #expect(cut.status == 4 && cut.errors.contains("was cut off or altered"), "\(cut)")
            #expect(!FileManager.default.fileExists(atPath: follower.dataFolder + "/log"))
            #expect(!FileManager.default.fileExists(atPath: follower.dataFolder + "/log.import"))
            #expect(try await follower.leftfold("log", "import", "early.leftfoldlog").status == 0)
            let gap = try await follower.leftfold("run")
            #expect(gap.status == 4 && gap.errors.contains("slot"), "\(gap)")
            let rebuilt = try await follower.leftfold("rebuild")
            #expect(rebuilt.status == 0, "\(rebuilt)")
            let rows = try await follower.leftfold("query", "totals", "--json")
            #expect(rows.output == "{\"total\":\"1250.00\",\"n\":60}\n", "\(rows)")
        }

        /// A folder with a configuration and nothing else; no server is asked.
        private func withFolder(
            _ body: (_ run: ([String]) async throws -> LeftfoldProcess.Result, String) async throws -> Void
        )
            async throws
        {
            let folder = NSTemporaryDirectory() + "leftfold-e2e-" + UUID().uuidString.prefix(8).lowercased()
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let yaml = "source: { postgres: { url: 'postgres://nowhere/d', tables: [t] } }\n"
            try Data(yaml.utf8).write(to: URL(fileURLWithPath: folder + "/leftfold.yaml"))
            try await body({ try await LeftfoldProcess($0, in: folder).end() }, folder)
        }

        @Test func `what cannot be exported or imported is said with the next command`() async throws {
            try await withFolder { run, folder in
                let cases: [(arguments: String, status: Int32, message: String, hint: String)] = [
                    ("export backup.leftfoldlog", 4, "there is no log in", "leftfold run"),
                    ("export backup", 2, "the name backup does not tell the format", "--format portable"),
                    ("export b.leftfoldlog --from 3", 2, "--from is for --format json", "leave --from out"),
                    ("export - --from=-3", 2, "--from -3 is not an offset", "leave --from out"),
                    ("import nothing.leftfoldlog", 4, "there is no such file", "leftfold log export"),
                    ("import leftfold.yaml", 4, "the file is no exported log", "leftfold log export"),
                    ("bench --records 1 --seconds 1", 2, "say different things", "leave one of them out"),
                    ("bench --records 0", 2, "--records 0 is not a count", "write"),
                    ("bench --compaction --seconds 1", 2, "takes no --seconds", "--records"),
                    ("bench --seconds 0", 2, "is not between 0 and 3600", "write"),
                ]
                for (arguments, status, message, hint) in cases {
                    let result = try await run(["log"] + arguments.split(separator: " ").map(String.init))
                    #expect(result.status == status && result.output.isEmpty, "\(arguments): \(result)")
                    #expect(result.errors.contains(message) && result.errors.contains(hint), "\(arguments): \(result)")
                }
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder).allSatisfy { $0 != "data" })
            }
        }

        @Test func `bench prints figures with their baseline and leaves nothing`() async throws {
            try await withFolder { run, folder in
                let result = try await run(["log", "bench", "--records", "2500", "--json"])
                #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
                let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
                let report = try #require(object as? [String: Any])
                #expect(report["records"] as? Int == 3000 && report["record_bytes"] as? Int == 152, "\(report)")
                let opening = try #require(report["open"] as? [String: Double])
                #expect(opening["seconds"] ?? 0 > 0 && opening["bytes"] ?? 0 > 450_000, "\(report)")
                // A file system that keeps its pages has no figure for cold reading, and says so.
                let cold = report["read_cold"] == nil ? [] : ["read_cold"]
                #expect(cold.isEmpty == (report["note"] != nil), "\(report)")
                for part in ["append", "read"] + cold {
                    let figure = try #require(report[part] as? [String: Double])
                    for key in [
                        "records_per_second", "bytes_per_second", "baseline_records_per_second",
                        "baseline_bytes_per_second", "ratio",
                    ] {
                        #expect(figure[key] ?? 0 > 0, "no \(key) in \(figure)")
                    }
                }
                let compacted = try await run(["log", "bench", "--compaction", "--records", "2000", "--json"])
                #expect(compacted.status == 0 && compacted.errors.isEmpty, "\(compacted)")
                #expect(compacted.output.contains("\"keys\" : 200"), "\(compacted)")
                let text = try await run(["log", "bench", "--seconds", "0.01"])
                #expect(text.status == 0 && text.output.contains("bare loop"), "\(text)")
                #expect(!FileManager.default.fileExists(atPath: folder + "/data"))
            }
        }
    }
}
