import Relational

/// Resolves a type's name, as the grammar hands it over, to a type with its modifier.
struct TypeResolver {
    /// Where types that Postgres does not bring along (enums, domains) are known from.
    var relations: [RelationSchema]

    func type(_ syntax: TypeSyntax) throws(Diagnostic) -> ScalarType {
        guard let base = Self.builtIn[syntax.name] ?? userType(syntax.name) else {
            throw Diagnostic(
                .undefinedObject,
                "type \"\(syntax.name)\" does not exist",
                detail: "Leftfold knows Postgres's own types and those of the columns that the source publishes.",
                hint: Suggestion.closest(to: syntax.name, among: Array(Self.builtIn.keys)).map {
                    "perhaps you meant \"\($0)\""
                },
                at: syntax.location
            )
        }
        if syntax.modifiers.isEmpty { return base }
        return try modified(base, syntax)
    }

    private func userType(_ name: String) -> ScalarType? {
        for relation in relations {
            guard let column = relation.columns.first(where: { $0.type.name == name }) else { continue }
            var type = column.type
            type.typmod = -1
            return type
        }
        return nil
    }

    private func modified(_ base: ScalarType, _ syntax: TypeSyntax) throws(Diagnostic) -> ScalarType {
        var type = base
        let modifiers = syntax.modifiers
        switch base.oid {
        case .numeric:
            let precision = modifiers[0]
            let scale = modifiers.count > 1 ? modifiers[1] : 0
            guard modifiers.count <= 2 else { throw invalid("invalid NUMERIC type modifier", syntax) }
            guard (1...1000).contains(precision) else {
                throw invalid("NUMERIC precision \(precision) must be between 1 and 1000", syntax)
            }
            guard (-1000...1000).contains(scale) else {
                throw invalid("NUMERIC scale \(scale) must be between -1000 and 1000", syntax)
            }
            type.typmod = Int32((precision << 16) | (scale & 0x7FF)) + 4
            type.name = "numeric(\(precision),\(scale))"
        case .varchar, .bpchar:
            let length = modifiers[0]
            guard modifiers.count == 1, (1...10_485_760).contains(length) else {
                throw invalid("length for type \(base.name) must be between 1 and 10485760", syntax)
            }
            type.typmod = Int32(length) + 4
            type.name = "\(base.name)(\(length))"
        case .timestamp, .timestamptz:
            let precision = modifiers[0]
            guard modifiers.count == 1, (0...6).contains(precision) else {
                throw invalid("TIMESTAMP precision \(precision) must be between 0 and 6", syntax)
            }
            type.typmod = Int32(precision)
            type.name = base.name.replacing("timestamp", with: "timestamp(\(precision))")
        default:
            throw Diagnostic(
                .notSupported,
                "a modifier of type \(base.name) is not supported",
                hint: "leave the modifier out",
                at: syntax.location
            )
        }
        return type
    }

    private func invalid(_ message: String, _ syntax: TypeSyntax) -> Diagnostic {
        Diagnostic(.invalidParameterValue, message, at: syntax.location)
    }

    /// By `typname`. Types that are carried as text are here too, so that the catalog can say what it knows of them.
    static let builtIn: [String: ScalarType] = [
        "bool": .bool, "bytea": .bytea, "int2": .int2, "int4": .int4, "int8": .int8, "float4": .float4,
        "float8": .float8, "numeric": .numeric, "text": .text, "varchar": .varchar, "uuid": .uuid, "date": .date,
        "timestamp": .timestamp, "timestamptz": .timestamptz, "jsonb": .jsonb,
        "bpchar": ScalarType(oid: .bpchar, name: "character", collation: .c),
        "json": ScalarType(oid: .json, name: "json"),
        "interval": ScalarType(oid: .interval, name: "interval"),
        "name": ScalarType(oid: TypeOID(19), name: "name"),
        "oid": ScalarType(oid: TypeOID(26), name: "oid"),
        "xml": ScalarType(oid: TypeOID(142), name: "xml"),
        "cidr": ScalarType(oid: TypeOID(650), name: "cidr"),
        "money": ScalarType(oid: TypeOID(790), name: "money"),
        "inet": ScalarType(oid: TypeOID(869), name: "inet"),
        "time": ScalarType(oid: TypeOID(1083), name: "time without time zone"),
        "timetz": ScalarType(oid: TypeOID(1266), name: "time with time zone"),
        "bit": ScalarType(oid: TypeOID(1560), name: "bit"),
        "varbit": ScalarType(oid: TypeOID(1562), name: "bit varying"),
    ]
}
