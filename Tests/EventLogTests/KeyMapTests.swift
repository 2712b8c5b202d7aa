import Relational
import TestSupport
import Testing

@testable import EventLog

@Suite struct KeyMapTests {
    private static func key(_ number: Int, byteCount: Int = 20) -> [UInt8] {
        var bytes = [UInt8](repeating: 7, count: max(8, byteCount))
        bytes.store(UInt64(number).bigEndian, at: bytes.count - 8)
        return bytes
    }

    @Test(arguments: UInt64(0)..<12)
    func `it holds what a dictionary holds, through splits and equal hashes`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var map = KeyMap(byteLimit: .max)
        var model: [[UInt8]: UInt32] = [:]
        // Few hashes: only the bytes can tell keys apart.
        let hashMask: UInt64 = seed % 3 == 0 ? 3 : seed % 3 == 1 ? 0xF000_0000_0000_00FF : .max
        func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 { KeyHash.hash(bytes) & hashMask }
        for step in 0..<2000 {
            let byteCount = Int.random(in: 0..<50, using: &random) == 0 ? 5000 : Int.random(in: 8..<40, using: &random)
            let key = Self.key(Int.random(in: 0..<400, using: &random), byteCount: byteCount)
            key.withUnsafeBytes { bytes in
                let entry = map.find(bytes, hash: hash(bytes)) ?? map.insert(bytes, hash: hash(bytes))
                entry?.pointee.byteCount = UInt32(step)
            }
            model[key] = UInt32(step)
            guard step % 500 == 499 else { continue }
            map.retain { bytes, _ in bytes[bytes.count - 1] & 1 == 0 ? hash(bytes) : nil }
            model = model.filter { $0.key[$0.key.count - 1] & 1 == 0 }
            #expect(map.count == model.count, "seed \(seed)")
        }
        var found: [[UInt8]: UInt32] = [:]
        map.forEach { found[Array($0)] = $1.pointee.byteCount }
        #expect(found == model, "seed \(seed)")
        for (key, value) in model {
            key.withUnsafeBytes { #expect(map.find($0, hash: hash($0))?.pointee.byteCount == value, "seed \(seed)") }
        }
    }

    @Test func `it takes one key whatever the limit, and refuses what passes it`() {
        var map = KeyMap(byteLimit: 300)
        var taken = 0
        for number in 0..<20 {
            Self.key(number).withUnsafeBytes { bytes in
                if map.insert(bytes, hash: KeyHash.hash(bytes)) != nil { taken += 1 }
            }
        }
        #expect(taken >= 1 && taken < 10)
        #expect(map.byteCount <= 300)
        var tiny = KeyMap(byteLimit: 0)
        let first = Self.key(1).withUnsafeBytes { tiny.insert($0, hash: KeyHash.hash($0)) != nil }
        let second = Self.key(2).withUnsafeBytes { tiny.insert($0, hash: KeyHash.hash($0)) != nil }
        #expect(first && !second)
    }

    @Test(arguments: [13, 20, 27])
    func `it needs at most 64 bytes and the key's own for each key, at any moment`(keyByteCount: Int) {
        var map = KeyMap(byteLimit: .max)
        var highest = 0.0
        for number in 0..<500_000 {
            Self.key(number, byteCount: keyByteCount).withUnsafeBytes { bytes in
                _ = map.insert(bytes, hash: KeyHash.hash(bytes))
            }
            if number >= 99_999 { highest = max(highest, Double(map.peakByteCount) / Double(number + 1)) }
        }
        #expect(highest <= 64 + Double(keyByteCount))
    }
}
