/// A table as Postgres names it, read with Postgres's rules: `orders`, `public.orders`, `sales."Odd Name"`.
struct TableName: Hashable, Sendable, CustomStringConvertible {
    var schema: String
    var name: String

    init(schema: String, name: String) {
        self.schema = schema
        self.name = name
    }

    /// Unquoted parts fold to lower case; without a schema it is `public`. Nil when it is not a name.
    init?(parsing text: String) {
        var rest = text.unicodeScalars[...]
        guard let first = Self.identifier(&rest) else { return nil }
        if rest.isEmpty {
            self.init(schema: "public", name: first)
            return
        }
        guard rest.first == "." else { return nil }
        rest.removeFirst()
        guard let second = Self.identifier(&rest), rest.isEmpty else { return nil }
        self.init(schema: first, name: second)
    }

    private static func identifier(_ rest: inout Substring.UnicodeScalarView) -> String? {
        var result = String.UnicodeScalarView()
        if rest.first == "\"" {
            rest.removeFirst()
            while let scalar = rest.popFirst() {
                if scalar != "\"" {
                    result.append(scalar)
                } else if rest.first == "\"" {
                    rest.removeFirst()
                    result.append(scalar)
                } else {
                    return checked(String(result))
                }
            }
            return nil
        }
        while let scalar = rest.first, scalar != "." {
            let isStart = scalar == "_" || scalar.properties.isAlphabetic
            guard isStart || (!result.isEmpty && (scalar == "$" || ("0"..."9").contains(scalar))) else { return nil }
            result.append(scalar)
            rest.removeFirst()
        }
        // Postgres folds ASCII only.
        return checked(String(String.UnicodeScalarView(result.map { $0.isASCII ? lowered($0) : $0 })))
    }

    private static func lowered(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) + 32) : scalar
    }

    private static func checked(_ name: String) -> String? { (1...63).contains(name.utf8.count) ? name : nil }

    /// The name as SQL has it, quoted where it must be.
    var description: String { Self.quoted(schema) + "." + Self.quoted(name) }

    private static func quoted(_ name: String) -> String {
        let isPlain =
            name.utf8.allSatisfy(isLowercaseWordByte)
            && name.unicodeScalars.first.map { !("0"..."9").contains($0) } == true
        return isPlain ? name : "\"" + name.replacing("\"", with: "\"\"") + "\""
    }
}
