/// The name that Postgres gives an output column without AS.
enum OutputName {
    static let anonymous = "?column?"

    static func name(of target: TargetSyntax) -> String {
        target.name ?? figure(target.value).name ?? anonymous
    }

    /// Postgres's `FigureColname`: a name and how firmly it stands (0 none, 1 weak, 2 firm).
    private static func figure(_ expression: ExpressionSyntax) -> (name: String?, strength: Int) {
        switch expression.kind {
        case .column(let parts): return (parts.last, 2)
        case .call(let call): return (call.name, 2)
        case .subquery(let select):
            guard let target = select.targets.first else { return (nil, 0) }
            return target.name.map { ($0, 2) } ?? figure(target.value)
        case .nullIf: return ("nullif", 2)
        case .coalesce: return ("coalesce", 2)
        case .extreme(_, let isGreatest): return (isGreatest ? "greatest" : "least", 2)
        case .collate(let operand, _): return figure(operand)
        case .cast(let operand, let type):
            let inner = figure(operand)
            return inner.strength > 1 ? inner : (type.name, 1)
        case .conditional(let conditional):
            if let inner = conditional.otherwise.map(figure), inner.strength > 1 { return inner }
            return ("case", 1)
        default: return (nil, 0)
        }
    }
}
