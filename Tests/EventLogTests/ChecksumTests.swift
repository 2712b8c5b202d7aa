import CChecksum
import TestSupport
import Testing

@Suite struct ChecksumTests {
    private static func checksum(_ path: leftfold_crc32c_path, _ bytes: some Sequence<UInt8>, from crc: UInt32 = 0)
        -> UInt32
    {
        Array(bytes).withUnsafeBytes { leftfold_crc32c_by(path, crc, $0.baseAddress, $0.count) }
    }

    /// The ways this processor has.
    private static let paths = [leftfold_crc32c_tables, leftfold_crc32c_hardware, leftfold_crc32c_folding].filter {
        leftfold_crc32c_has($0) != 0
    }

    /// From RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.
    @Test func `known inputs have their known checksums`() {
        for path in Self.paths {
            #expect(Self.checksum(path, "123456789".utf8) == 0xE306_9283)
            #expect(Self.checksum(path, []) == 0)
            #expect(Self.checksum(path, [UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
            #expect(Self.checksum(path, [UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
            #expect(Self.checksum(path, UInt8(0)..<32) == 0x46DD_794E)
            #expect(Self.checksum(path, (UInt8(0)..<32).reversed()) == 0x113F_DB5C)
        }
    }

    @Test(arguments: UInt64(0)..<8)
    func `every way gives the checksum of the definition, whole or in pieces`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for count in [0, 1, 7, 8, 9, 63, 255, 767, 768, 769, 800, 6143, 6144, 6145, 7000, 20_000] {
            let bytes = (0..<count + 3).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            // Not at the start of the array, so that words are read unaligned.
            let input = bytes[3...]
            let expected = Self.byDefinition(input)
            let cut = 3 + Int.random(in: 0...count, using: &random)
            for path in Self.paths {
                #expect(Self.checksum(path, input) == expected, "seed \(seed), \(count) bytes")
                let front = Self.checksum(path, bytes[3..<cut])
                #expect(
                    Self.checksum(path, bytes[cut...], from: front) == expected,
                    "seed \(seed), \(count) bytes, cut \(cut)"
                )
            }
        }
    }

    /// The definition goes on byte by byte, so one walk over the bytes gives it for every length.
    @Test(arguments: 0..<64)
    func `every way gives the checksum of the definition at every length and alignment`(alignment: Int) {
        var random = SeededGenerator(seed: UInt64(alignment))
        let longest = 1100
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: alignment + longest, alignment: 64)
        defer { buffer.deallocate() }
        for index in buffer.indices { buffer[index] = UInt8(truncatingIfNeeded: random.next()) }
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[alignment...])
        let before = UInt32(truncatingIfNeeded: random.next())
        var register = ~before
        for count in 0...longest {
            for path in Self.paths where leftfold_crc32c_by(path, before, bytes.baseAddress, count) != ~register {
                Issue.record("way \(path.rawValue), \(count) bytes, alignment \(alignment)")
            }
            if count < longest { register = Self.step(register, bytes[count]) }
        }
    }

    /// Bit by bit, straight from the polynomial.
    private static func step(_ register: UInt32, _ byte: UInt8) -> UInt32 {
        var crc = register ^ UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
        return crc
    }

    private static func byDefinition(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(UInt32.max, step)
    }
}
