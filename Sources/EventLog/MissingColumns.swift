import Relational

/// Which columns the new row of a partial record lacks, for each combination of schema and columns that occurs.
///
/// A column that the record's own old row has is not missing.
struct MissingColumns {
    /// One combination. `attributes` are the missing columns' attribute numbers, ascending.
    struct Pattern: Hashable {
        var schema: Int
        var attributes: [Int16]
    }

    private(set) var patterns: [Pattern] = []
    private var indexes: [Pattern: UInt32] = [:]

    subscript(index: UInt32) -> Pattern { patterns[Int(index)] }

    /// The number of a record's combination.
    mutating func index(_ record: ChangeRecord, _ schema: RelationSchema) -> UInt32 {
        var attributes: [Int16] = []
        for index in 0..<record.unchangedCount {
            let column = record.unchangedColumn(at: index)
            if !record.oldRowHolds(column, schema) { attributes.append(schema.columns[column].attributeNumber) }
        }
        attributes.sort()
        return index(schema: Int(record.schemaID.rawValue), attributes: attributes)
    }

    mutating func index(schema: Int, attributes: [Int16] = []) -> UInt32 {
        let pattern = Pattern(schema: schema, attributes: attributes)
        if let index = indexes[pattern] { return index }
        let index = UInt32(patterns.count)
        patterns.append(pattern)
        indexes[pattern] = index
        return index
    }

    /// What is left of `needed`, attribute numbers of a row under schema `head`, once a record of pattern `index` has given what it has.
    ///
    /// `isBlocked` says that it has a value which a row under that schema cannot take as it is.
    func remaining(
        _ needed: [Int16],
        of head: Int,
        after index: UInt32,
        schemas: [RelationSchema]
    ) -> (needed: [Int16], isBlocked: Bool) {
        let pattern = self[index]
        var isBlocked = false
        let left = needed.filter { attribute in
            if pattern.attributes.contains(attribute) { return true }
            if !schemas[head].canTake(attribute, from: schemas[pattern.schema]) { isBlocked = true }
            return false
        }
        return (left, isBlocked)
    }
}

extension ChangeRecord {
    /// Whether the record's own old row has the value of a column that the new row lacks.
    func oldRowHolds(_ column: Int, _ schema: RelationSchema) -> Bool {
        oldRow != nil && (!oldRowIsIdentityOnly || schema.identityColumns.contains(column))
    }
}

extension RelationSchema {
    /// The index of the column with an attribute number.
    func column(numbered attribute: Int16) -> Int? { columns.firstIndex { $0.attributeNumber == attribute } }

    /// Whether a value of a column lies in a row of this schema as in a row of another one; one that has not the column yet reads as its
    /// missing value.
    func canTake(_ attribute: Int16, from other: RelationSchema) -> Bool {
        guard let mine = column(numbered: attribute) else { return false }
        guard let theirs = other.column(numbered: attribute) else { return true }
        let left = columns[mine].type.encoding
        let right = other.columns[theirs].type.encoding
        return left == right || left.isText && right.isText
    }
}

extension Encoding {
    /// Whether a value is its text.
    fileprivate var isText: Bool { self == .text || self == .jsonb || self == .opaque }
}
