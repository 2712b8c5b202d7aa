import Relational

/// Which collation an expression has, and how firmly (Postgres's *collation derivation*).
///
/// A literal and the database's default give way to a column's own collation; an explicit COLLATE wins over everything. Two that
/// stand equally firm and differ leave the collation undetermined, which is an error only where order or case depends on it.
struct CollationState {
    enum Strength: Int {
        case none, weak, implicit, explicit
    }

    var collation: Collation?
    var strength: Strength
    var isUndetermined = false

    static func of(_ expression: Expression) throws(ResolutionError) -> CollationState {
        guard Catalog.isCollatable(expression.type.oid) else { return CollationState(strength: .none) }
        switch expression {
        case .constant: return CollationState(collation: expression.type.collation, strength: .weak)
        case .call(.collate, _, let type): return CollationState(collation: type.collation, strength: .explicit)
        case .call(_, let arguments, _), .coalesce(let arguments, _):
            let state = try combined(arguments)
            if state.strength != .none { return state }
        case .conditional(let clauses, let otherwise, _):
            let state = try combined(clauses.map(\.result) + [otherwise])
            if state.strength != .none { return state }
        default: break
        }
        let collation = expression.type.collation
        return CollationState(
            collation: collation,
            strength: collation == nil || collation?.name == "default" ? .weak : .implicit
        )
    }

    static func combined(_ expressions: [Expression]) throws(ResolutionError) -> CollationState {
        var result = CollationState(strength: .none)
        for expression in expressions {
            let state = try of(expression)
            if state.strength.rawValue > result.strength.rawValue {
                // A weak one without a name says nothing against a named one that stands as firm.
                result = state
            } else if state.strength == result.strength, state.collation != result.collation {
                if state.strength == .explicit, let one = result.collation, let other = state.collation {
                    throw ResolutionError(
                        code: .collationMismatch,
                        message: "collation mismatch between explicit collations \"\(one.name)\" and \"\(other.name)\""
                    )
                }
                if state.strength == .weak {
                    result.collation = stronger(result.collation, state.collation)
                } else if state.strength == .implicit {
                    result.isUndetermined = true
                }
            }
        }
        return result
    }

    /// Of two weak collations: a named one before none, the database's default before a literal's.
    private static func stronger(_ one: Collation?, _ other: Collation?) -> Collation? {
        guard let one, let other else { return one ?? other }
        return one.name == "default" ? one : other
    }

    func requireByteOrder(_ what: String) throws(ResolutionError) {
        if isUndetermined {
            throw ResolutionError(
                code: .indeterminateCollation,
                message: "could not determine which collation to use for string comparison",
                hint: "add COLLATE \"C\""
            )
        }
        if collation?.isByteOrder == true { return }
        throw .notSupported(
            "\(what) needs the order of collation \"\(collation?.name ?? "default")\", which Leftfold does not have",
            detail: "Only byte order (collations C, POSIX and C.UTF-8) gives the same answer on every machine.",
            hint: "add COLLATE \"C\" to an operand"
        )
    }
}
