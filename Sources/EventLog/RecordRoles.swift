#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import Relational

/// What a record of a `compact` relation says of keys: at most one key gets a row, and at most one loses it.
///
/// An insert puts a row at its key, a delete takes one away, an update that changes the key does both.
struct RecordRoles: ~Copyable {
    enum Roles {
        /// The key of `newKey` gets a row.
        case put
        /// The key of `oldKey` loses its row.
        case remove
        /// Both, of different keys.
        case move
        case truncate
        /// The source did not send what identifies the row: the record stays as it is.
        case unknown
    }

    var newKey = ByteSlab(capacity: 64)
    var oldKey = ByteSlab(capacity: 64)

    /// Tells the roles of a record under a schema with a key, and leaves the keys in `newKey` and `oldKey`.
    mutating func roles(
        of record: ChangeRecord,
        _ layout: RelationRules.Layout,
        _ rules: borrowing RelationRules
    ) -> Roles {
        switch record.operation {
        case .truncate: return .truncate
        case .insert:
            guard let row = record.newRow else { return .unknown }
            rules.encodeKey(row, layout, into: &newKey)
            return .put
        case .delete:
            guard let old = record.oldRow else { return .unknown }
            rules.encodeKey(old, layout, into: &oldKey)
            return .remove
        case .update:
            guard let row = record.newRow else { return .unknown }
            return rolesOfUpdate(record, row, layout, rules)
        }
    }

    private mutating func rolesOfUpdate(
        _ record: ChangeRecord,
        _ row: RowView,
        _ layout: RelationRules.Layout,
        _ rules: borrowing RelationRules
    ) -> Roles {
        guard let old = record.oldRow else {
            guard record.unchangedCount == 0 || rules.encodeKey(of: record, row, nil, layout, into: &newKey) else {
                return .unknown
            }
            if record.unchangedCount == 0 { rules.encodeKey(row, layout, into: &newKey) }
            return .put
        }
        rules.encodeKey(old, layout, into: &oldKey)
        if record.unchangedCount > 0 {
            guard rules.encodeKey(of: record, row, old, layout, into: &newKey) else { return .unknown }
        } else {
            rules.encodeKey(row, layout, into: &newKey)
        }
        return newKey.hasSameBytes(as: oldKey) ? .put : .move
    }
}

extension ByteSlab {
    /// Whether both hold the same bytes.
    borrowing func hasSameBytes(as other: borrowing ByteSlab) -> Bool {
        count == other.count && memcmp(base, other.base, count) == 0
    }
}
