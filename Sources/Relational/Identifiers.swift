/// The OID of a Postgres table (`pg_class.oid`).
@frozen
public struct RelationID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: UInt32

    @inlinable
    public init(_ rawValue: UInt32) { self.rawValue = rawValue }

    @inlinable
    public static func < (left: RelationID, right: RelationID) -> Bool { left.rawValue < right.rawValue }

    public var description: String { String(rawValue) }
}

/// The number that a log gives to one version of one relation's schema; dense, from 0, never used twice in a log.
@frozen
public struct SchemaID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: UInt32

    @inlinable
    public init(_ rawValue: UInt32) { self.rawValue = rawValue }

    @inlinable
    public static func < (left: SchemaID, right: SchemaID) -> Bool { left.rawValue < right.rawValue }

    public var description: String { String(rawValue) }
}

/// A relation's schema-qualified name, unquoted as the catalog holds it.
public struct QualifiedName: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    public var schema: String
    public var name: String

    public init(schema: String, name: String) {
        self.schema = schema
        self.name = name
    }

    public static func < (left: QualifiedName, right: QualifiedName) -> Bool {
        (left.schema, left.name) < (right.schema, right.name)
    }

    public var description: String { "\(schema).\(name)" }

    /// The name as SQL, each part quoted.
    public var quoted: String { "\(Self.quote(schema)).\(Self.quote(name))" }

    /// One identifier as SQL, always quoted.
    public static func quote(_ identifier: String) -> String {
        // By scalars: a quote with an accent after it is another character, and still a quote to a database.
        let parts = identifier.unicodeScalars.split(separator: "\"", omittingEmptySubsequences: false)
        return "\"" + parts.map { String($0) }.joined(separator: "\"\"") + "\""
    }
}
