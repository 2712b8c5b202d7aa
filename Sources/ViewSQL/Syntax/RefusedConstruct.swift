/// A construct of Postgres's grammar that a view cannot have yet: the refusal, its words in `docs/sql.md`, and an example.
enum RefusedConstruct: String, CaseIterable {
    case arrays, bitLiterals, compositeTypes, constantQuery, correlatedLateral, createIfNotExists, crossJoin
    case currentTime, distinctAggregate, distinctOn, fieldSelection, fullJoin, functionInFrom, groupingSets
    case ilike, keyless, limit, locking, namedArguments, namedOperator, noData, nonEquiJoin, only
    case parameters, quantifiedComparison, recursion, regularExpressions, rowValues
    case selectInto, setOperations, setReturningFunctions, similarTo, subqueryExpressions, tableSample, usingAlias
    case values, variadic, windowFunctions, withinGroup, wholeRow, xml, dataModifyingWith

    struct Entry {
        /// The construct as `docs/sql.md` lists it.
        var title: String
        /// The error's message.
        var message: String
        /// What to write instead.
        var hint: String?
        /// A statement that is refused for it, over the tables `t(a integer primary key, b text, c numeric)` and `u(a integer primary
        /// key, d date)`.
        var example: String
    }

    func diagnostic(at location: Int?, hint: String? = nil) -> Diagnostic {
        let entry = entry
        return Diagnostic(.notSupported, entry.message, hint: hint ?? entry.hint, at: location)
    }
}
