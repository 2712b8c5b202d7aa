import Relational

/// Tells whether rows already in the log are still true under a relation's next schema. Pure.
enum RewriteRule {
    /// Why they are not; nil when they are.
    static func reason(from old: RelationSchema, to new: RelationSchema, _ catalog: CatalogRelation?) -> String? {
        for column in new.columns {
            if let before = old.columns.first(where: { $0.attributeNumber == column.attributeNumber }) {
                if changesValues(from: before.type, to: column.type) {
                    return "column \(column.name) changed from \(before.type) to \(column.type)"
                }
            } else if old.columns.contains(where: { $0.name == column.name }) {
                return "column \(column.name) was dropped and added again"
            } else if let attribute = catalog?.attributes.first(where: { $0.number == column.attributeNumber }),
                attribute.hasDefault, !attribute.isDropped
            {
                return "column \(column.name) was added with a default that only the server can compute"
            }
        }
        return nil
    }

    /// Whether ALTER TYPE between these rewrites the values, as Postgres decides it.
    static func changesValues(from old: ScalarType, to new: ScalarType) -> Bool {
        let isText = { (type: ScalarType) in type.oid == .text || type.oid == .varchar }
        if isText(old), isText(new) { return isNarrower(new, than: old) }
        guard old.oid == new.oid else { return true }
        guard old.typmod != new.typmod else { return false }
        if old.oid == .numeric { return changesNumeric(from: old.typmod, to: new.typmod) }
        return new.typmod != -1
    }

    private static func isNarrower(_ new: ScalarType, than old: ScalarType) -> Bool {
        let length = { (type: ScalarType) in type.oid == .text || type.typmod < 0 ? Int32.max : type.typmod }
        return length(new) < length(old)
    }

    private static func changesNumeric(from old: Int32, to new: Int32) -> Bool {
        if new == -1 { return false }
        if old == -1 { return true }
        let (old, new) = (old - 4, new - 4)
        return old & 0xFFFF != new & 0xFFFF || new >> 16 < old >> 16
    }
}
