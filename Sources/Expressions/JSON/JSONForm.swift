public import Relational

/// How values of a type are written as JSON: what `json_categorize_type` decides in Postgres.
public struct JSONForm: Hashable, Sendable, BitwiseCopyable {
    enum Kind: UInt8 {
        case bool, int, float4, float8, numeric
        /// Text, and types carried as text: a JSON string.
        case text
        case bytea, uuid, date, timestamp, timestamptz
        /// Embedded as it is.
        case json, jsonb
    }

    /// Of the value, or of an array's elements.
    let kind: Kind
    let isArray: Bool

    /// Nil for a type of which nothing says how Postgres writes it: a composite or an extension's type.
    public init?(_ type: ScalarType) {
        if type.isEnum == true {
            self = .text
            return
        }
        guard let entry = PostgresCatalog.typesByOID[type.oid] else { return nil }
        if CandidateSelection.isArray(entry.name) {
            // The one type whose arrays are not delimited by commas.
            guard let element = PostgresCatalog.typesByOID[entry.element], element.name != "box" else { return nil }
            self.init(kind: Self.kind(ScalarType(oid: element.oid, name: element.displayName)), isArray: true)
        } else {
            self.init(kind: Self.kind(type), isArray: false)
        }
    }

    private init(kind: Kind, isArray: Bool) {
        self.kind = kind
        self.isArray = isArray
    }

    private static func kind(_ type: ScalarType) -> Kind {
        switch type.encoding {
        case .bool: .bool
        case .int2, .int4, .int8: .int
        case .float4: .float4
        case .float8: .float8
        case .numeric: .numeric
        case .text: .text
        case .bytea: .bytea
        case .uuid: .uuid
        case .date: .date
        case .timestamp: .timestamp
        case .timestamptz: .timestamptz
        case .jsonb: .jsonb
        case .opaque: type.oid == .json ? .json : .text
        }
    }

    /// Whether values are arrays, which `json_agg` puts on lines of their own.
    public var isArrayValue: Bool { isArray }

    /// Whether a value can be the key of an object.
    var isScalar: Bool { !isArray && kind != .json && kind != .jsonb }

    /// The form in a register.
    var bits: UInt64 { UInt64(kind.rawValue) << 1 | (isArray ? 1 : 0) }

    init(bits: UInt64) {
        self.init(kind: Kind(rawValue: UInt8(truncatingIfNeeded: bits >> 1)) ?? .text, isArray: bits & 1 != 0)
    }

    /// A JSON string.
    static let text = JSONForm(kind: .text, isArray: false)
}
