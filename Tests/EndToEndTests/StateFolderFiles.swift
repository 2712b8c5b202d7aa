import Foundation
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

/// The files of an installation's state, as somebody else would damage them.
struct StateFolderFiles {
    let path: String

    init(_ follower: Follower) { path = follower.dataFolder + "/state/runs" }

    private var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }

    var runs: [String] { names.filter { $0.hasSuffix(".run") } }

    /// The newest last.
    var checkpoints: [String] {
        func number(_ name: String) -> Int { Int(name.dropFirst("CHECKPOINT-".count)) ?? 0 }
        return names.filter { $0.hasPrefix("CHECKPOINT-") }.sorted { number($0) < number($1) }
    }

    func place(_ name: String) -> URL { URL(fileURLWithPath: "\(path)/\(name)") }

    func change(_ name: String, _ body: (inout Data) -> Void) throws {
        var bytes = try Data(contentsOf: place(name))
        body(&bytes)
        try bytes.write(to: place(name))
    }

    /// Flips a bit in the middle of every run.
    func flipBits() throws {
        for run in runs { try change(run) { $0[$0.count / 3] ^= 0x10 } }
    }

    /// Makes every checkpoint one of a later version, whole otherwise.
    func makeNewer() throws {
        for name in checkpoints {
            try change(name) { bytes in
                let seal = "crc32c 00000000\n".utf8.count
                let text = String(decoding: bytes.dropLast(seal), as: UTF8.self)
                let body = text.replacing("leftfold-state 1\n", with: "leftfold-state 2\n", maxReplacements: 1)
                let digits = String(Self.crc32c(body.utf8), radix: 16)
                let padded = String(repeating: "0", count: 8 - digits.count) + digits
                bytes = Data("\(body)crc32c \(padded)\n".utf8)
            }
        }
    }

    private static func crc32c(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0x82F6_3B78 : sum >> 1 }
        }
    }
}

extension Follower {
    /// What `state stat` says, once there is a checkpoint after which hardly anything is in the log.
    ///
    /// On a quiet source the log still notes a position now and then, which is no reason for a checkpoint.
    func waitForCheckpoint() async throws -> StateReport {
        for _ in 0..<3000 {
            if let report = try await stateReport(), let newest = report.checkpoints.first, newest.replay.records < 50 {
                return report
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw CommandFailure(.dataError, "no checkpoint within a minute")
    }

    /// Nil while there is no state.
    func stateReport() async throws -> StateReport? {
        let result = try await leftfold("state", "stat", "--json")
        guard result.status == 0 else { return nil }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(StateReport.self, from: Data(result.output.utf8))
    }
}
