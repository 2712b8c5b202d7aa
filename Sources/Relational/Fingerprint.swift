/// 128 bits of a text, for naming what it describes.
public enum Fingerprint {
    /// 32 hexadecimal digits: the same in every process and on every machine.
    public static func of(_ text: String) -> String {
        var text = text
        let (low, high) = text.withUTF8 { bytes in
            let raw = UnsafeRawBufferPointer(bytes)
            let first = KeyHash.hash(raw)
            // A second, different 64 bits: the first hash in front of the same bytes.
            var salted = ByteSlab(capacity: raw.count + 8)
            salted.append(integer: first)
            salted.append(raw)
            return (first, KeyHash.hash(salted.bytes))
        }
        return hex(high) + hex(low)
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
