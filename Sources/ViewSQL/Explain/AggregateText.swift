import Expressions
import ViewPlan

/// Prints an aggregate of a plan as SQL.
enum AggregateText {
    /// `names` are what the input's columns are called.
    static func text(_ call: AggregateCall, _ names: [String]) -> String {
        if call.function == .countAll { return "count(*)" + filter(call, names) }
        var arguments = [call.argument, call.second].compactMap { $0.map { names[$0] } }.joined(separator: ", ")
        if call.isDistinct { arguments = "DISTINCT \(arguments)" }
        if !call.order.isEmpty {
            arguments += " ORDER BY " + call.order.map { item($0, names) }.joined(separator: ", ")
        }
        return "\(call.function.rawValue)(\(arguments))" + filter(call, names)
    }

    private static func item(_ order: AggregateOrder, _ names: [String]) -> String {
        var text = names[order.column] + (order.isDescending ? " DESC" : "")
        if order.nullsFirst != order.isDescending { text += order.nullsFirst ? " NULLS FIRST" : " NULLS LAST" }
        return text
    }

    private static func filter(_ call: AggregateCall, _ names: [String]) -> String {
        call.filter.map { " FILTER (WHERE \(names[$0]))" } ?? ""
    }
}
