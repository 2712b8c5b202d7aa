import Foundation
import TestSupport
import Testing

@testable import ViewSQL

/// Statements that have been damaged: every one compiles or has a typed error, whose place is in its text.
@Suite struct MalformedStatementTests {
    private static let statements =
        Examples.statements.map(\.sql) + SupportedConstruct.all.map(\.example)
        + RefusedConstruct.allCases.map(\.entry.example)

    private func compile(_ bytes: [UInt8], _ comment: String) {
        do {
            let text = try ViewCompiler.text(of: bytes, file: "v.sql")
            _ = try Fixture.compiler.compile(text, file: "v.sql")
        } catch {
            if let line = error.line, let column = error.column {
                let lines = String(decoding: bytes, as: UTF8.self).split(
                    separator: "\n",
                    omittingEmptySubsequences: false
                )
                #expect(line >= 1 && line <= lines.count && column >= 1, "\(comment): \(error)")
            }
        }
    }

    @Test func `thousands of statements leave the process its thread-specific keys`() {
        for number in 0..<1200 { compile(Array("SELECT \(number) AS n FROM t".utf8), "\(number)") }
        var key = pthread_key_t()
        #expect(pthread_key_create(&key, nil) == 0)
        pthread_key_delete(key)
    }

    @Test func `every prefix of a statement compiles or has an error`() {
        for statement in Self.statements {
            let bytes = Array(statement.utf8)
            for length in stride(from: 0, to: bytes.count, by: 3) {
                compile(Array(bytes[..<length]), "prefix \(length) of \(statement)")
            }
        }
    }

    @Test(arguments: UInt64(1)...4)
    func `flipped, dropped and doubled bytes compile or have an error`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for round in 0..<600 {
            var bytes = Array(Self.statements[Int.random(in: 0..<Self.statements.count, using: &generator)].utf8)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                case 1: bytes.remove(at: index)
                case 2:
                    let end = min(bytes.count, index + Int.random(in: 1...20, using: &generator))
                    bytes.insert(contentsOf: bytes[index..<end], at: Int.random(in: 0...bytes.count, using: &generator))
                default:
                    let other = Array(
                        Self.statements[Int.random(in: 0..<Self.statements.count, using: &generator)].utf8
                    )
                    bytes.replaceSubrange(index..., with: other[Int.random(in: 0..<other.count, using: &generator)...])
                }
                if bytes.isEmpty { bytes = [0x20] }
            }
            compile(bytes, "seed \(seed), round \(round)")
        }
    }
}
