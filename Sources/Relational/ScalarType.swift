/// How a column's value lies in a packed row's 8-byte slot.
///
/// | encoding | slot |
/// |---|---|
/// | `bool` | Int64 0 or 1 |
/// | `int2`, `int4`, `int8` | Int64, sign-extended |
/// | `float4`, `float8` | Double bits; `float4` widened exactly |
/// | `date` | Int64 days since 2000-01-01; `Int32.min`/`.max` are ±infinity |
/// | `timestamp`, `timestamptz` | Int64 microseconds since 2000-01-01 (UTC); `Int64.min`/`.max` are ±infinity |
/// | `numeric` | bytes, see `Numeric` |
/// | `uuid` | 16 bytes |
/// | `bytea` | the bytes |
/// | `text`, `jsonb`, `opaque` | UTF-8 exactly as Postgres printed it |
///
/// "bytes" means offset (low 32 bits, from the row's start) and length (high 32 bits) of the value in the row's variable part.
public enum Encoding: UInt8, Sendable, Hashable, CaseIterable {
    case bool, int2, int4, int8, float4, float8, numeric, text, bytea, uuid, date, timestamp, timestamptz, jsonb
    /// Any other type: its text and OID; stored, compared for equality, output.
    case opaque

    /// Whether the slot holds the value itself rather than offset and length.
    @inlinable
    public var isFixed: Bool {
        switch self {
        case .bool, .int2, .int4, .int8, .float4, .float8, .date, .timestamp, .timestamptz: true
        case .numeric, .text, .bytea, .uuid, .jsonb, .opaque: false
        }
    }
}

/// The OID of a Postgres type (`pg_type.oid`).
@frozen
public struct TypeOID: Hashable, Sendable, Codable, CustomStringConvertible {
    public var rawValue: UInt32

    @inlinable
    public init(_ rawValue: UInt32) { self.rawValue = rawValue }

    public var description: String { String(rawValue) }

    public static let bool = TypeOID(16)
    public static let bytea = TypeOID(17)
    public static let int8 = TypeOID(20)
    public static let int2 = TypeOID(21)
    public static let int4 = TypeOID(23)
    public static let text = TypeOID(25)
    public static let json = TypeOID(114)
    public static let float4 = TypeOID(700)
    public static let float8 = TypeOID(701)
    /// The type of a string literal before the binder has decided.
    public static let unknown = TypeOID(705)
    public static let bpchar = TypeOID(1042)
    public static let varchar = TypeOID(1043)
    public static let date = TypeOID(1082)
    public static let timestamp = TypeOID(1114)
    public static let timestamptz = TypeOID(1184)
    public static let interval = TypeOID(1186)
    public static let numeric = TypeOID(1700)
    public static let uuid = TypeOID(2950)
    public static let jsonb = TypeOID(3802)
}

/// A collation, as far as it decides order: `isByteOrder` means C, POSIX or C.UTF-8, where order is `memcmp`.
public struct Collation: Hashable, Sendable, Codable {
    public var name: String
    public var isByteOrder: Bool

    public init(name: String, isByteOrder: Bool) {
        self.name = name
        self.isByteOrder = isByteOrder
    }

    public static let c = Collation(name: "C", isByteOrder: true)
}

/// A Postgres type with its modifier, and the collation of collatable types.
public struct ScalarType: Hashable, Sendable, Codable, CustomStringConvertible {
    public var oid: TypeOID
    /// `atttypmod`: −1 for none; varchar(n) is n + 4; numeric(p,s) is ((p << 16) | s) + 4.
    public var typmod: Int32
    /// The type as `format_type` prints it, for example `numeric(12,2)`.
    public var name: String
    public var collation: Collation?
    /// Set for an enum; nil where that is not known, and for every other type.
    public var isEnum: Bool?

    public init(oid: TypeOID, typmod: Int32 = -1, name: String, collation: Collation? = nil, isEnum: Bool? = nil) {
        self.oid = oid
        self.typmod = typmod
        self.name = name
        self.collation = collation
        self.isEnum = isEnum
    }

    public var description: String { name }

    public var encoding: Encoding {
        switch oid {
        case .bool: .bool
        case .bytea: .bytea
        case .int2: .int2
        case .int4: .int4
        case .int8: .int8
        case .float4: .float4
        case .float8: .float8
        case .numeric: .numeric
        case .text, .varchar: .text
        case .uuid: .uuid
        case .date: .date
        case .timestamp: .timestamp
        case .timestamptz: .timestamptz
        case .jsonb: .jsonb
        default: .opaque
        }
    }

    public static let bool = ScalarType(oid: .bool, name: "boolean")
    public static let bytea = ScalarType(oid: .bytea, name: "bytea")
    public static let int2 = ScalarType(oid: .int2, name: "smallint")
    public static let int4 = ScalarType(oid: .int4, name: "integer")
    public static let int8 = ScalarType(oid: .int8, name: "bigint")
    public static let float4 = ScalarType(oid: .float4, name: "real")
    public static let float8 = ScalarType(oid: .float8, name: "double precision")
    public static let numeric = ScalarType(oid: .numeric, name: "numeric")
    public static let text = ScalarType(oid: .text, name: "text", collation: .c)
    public static let varchar = ScalarType(oid: .varchar, name: "character varying", collation: .c)
    public static let uuid = ScalarType(oid: .uuid, name: "uuid")
    public static let date = ScalarType(oid: .date, name: "date")
    public static let timestamp = ScalarType(oid: .timestamp, name: "timestamp without time zone")
    public static let timestamptz = ScalarType(oid: .timestamptz, name: "timestamp with time zone")
    public static let jsonb = ScalarType(oid: .jsonb, name: "jsonb")
    public static let unknown = ScalarType(oid: .unknown, name: "unknown")
}
