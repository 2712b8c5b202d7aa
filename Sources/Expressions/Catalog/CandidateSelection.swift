import Relational

/// Postgres's choice among overloaded operators or functions, in its order of steps:
///
/// 1. a candidate whose parameters are exactly the arguments' types;
/// 2. drop candidates that some argument cannot be converted to implicitly;
/// 3. keep those with the most exact matches, then those with the most exact or preferred ones;
/// 4. undecided literals: take the string category if any candidate does, else the one category all candidates share, and in it
///    the preferred type where one stands;
/// 5. if all decided arguments have one type, try that type for the literals too.
///
/// Source: "Operator Type Resolution" and "Function Type Resolution" of the Postgres manual, which PostgreSQL 15 follows with one
/// addition: `anynonarray` and its kin take what their names say.
enum CandidateSelection {
    typealias Candidate = PostgresCatalog.Candidate

    enum Outcome {
        case chosen(Candidate)
        case none
        case ambiguous
    }

    /// `arguments` are `typname`s; `unknown` is an undecided literal.
    static func select(_ candidates: [Candidate], _ arguments: [String], isOperator: Bool) -> Outcome {
        if let exact = exactMatch(candidates, arguments, isOperator: isOperator) { return .chosen(exact) }
        let usable = candidates.filter { candidate in
            candidate.parameters.count == arguments.count
                && accepts(candidate, arguments)
        }
        if usable.isEmpty { return .none }
        if usable.count == 1 { return .chosen(usable[0]) }
        if let chosen = narrow(usable, arguments) { return .chosen(chosen) }
        return .ambiguous
    }

    private static func exactMatch(
        _ candidates: [Candidate],
        _ arguments: [String],
        isOperator: Bool
    ) -> Candidate? {
        var wanted = arguments
        if isOperator, arguments.count == 2 {
            // An undecided literal is first taken to be of the other side's type.
            if arguments[0] == "unknown", arguments[1] != "unknown" { wanted[0] = arguments[1] }
            if arguments[1] == "unknown", arguments[0] != "unknown" { wanted[1] = arguments[0] }
        }
        return candidates.first { $0.parameters == wanted }
    }

    private static func narrow(_ usable: [Candidate], _ arguments: [String]) -> Candidate? {
        let known = arguments.indices.filter { arguments[$0] != "unknown" }
        var left = best(of: usable) { candidate in
            known.count { candidate.parameters[$0] == arguments[$0] }
        }
        if left.count == 1 { return left[0] }
        left = best(of: left) { candidate in
            known.count { index in
                candidate.parameters[index] == arguments[index]
                    || isPreferred(candidate.parameters[index], in: category(of: arguments[index]))
            }
        }
        if left.count == 1 { return left[0] }
        if known.count == arguments.count { return nil }
        if let kept = byCategory(left, arguments) {
            left = kept
            if left.count == 1 { return left[0] }
        }
        guard let first = known.first, known.allSatisfy({ arguments[$0] == arguments[first] }) else { return nil }
        let fitting = left.filter { candidate in
            accepts(candidate, Array(repeating: arguments[first], count: arguments.count))
        }
        return fitting.count == 1 ? fitting[0] : nil
    }

    /// Step 4; nil when the literals' categories cannot be decided.
    private static func byCategory(_ candidates: [Candidate], _ arguments: [String]) -> [Candidate]? {
        var categories: [Int: (category: Character, hasPreferred: Bool)] = [:]
        for index in arguments.indices where arguments[index] == "unknown" {
            var slot: (category: Character, hasPreferred: Bool)?
            var hasConflict = false
            for candidate in candidates {
                let type = candidate.parameters[index]
                let current = (category: category(of: type), hasPreferred: isPreferred(type, in: category(of: type)))
                if let held = slot {
                    if current.category == held.category {
                        slot = (held.category, held.hasPreferred || current.hasPreferred)
                    } else if current.category == "S" {
                        slot = current
                    } else {
                        hasConflict = true
                    }
                } else {
                    slot = current
                }
            }
            guard let slot, !hasConflict || slot.category == "S" else { return nil }
            categories[index] = slot
        }
        let kept = candidates.filter { candidate in
            categories.allSatisfy { index, slot in
                let type = candidate.parameters[index]
                return category(of: type) == slot.category
                    && (!slot.hasPreferred || isPreferred(type, in: slot.category))
            }
        }
        return kept.isEmpty ? nil : kept
    }

    private static func best(of candidates: [Candidate], score: (Candidate) -> Int) -> [Candidate] {
        let scores = candidates.map(score)
        let highest = scores.max() ?? 0
        return zip(candidates, scores).filter { $0.1 == highest }.map(\.0)
    }

    // MARK: Types

    /// Whether every argument converts implicitly, and those of `anycompatible` kinds fit together.
    private static func accepts(_ candidate: Candidate, _ arguments: [String]) -> Bool {
        guard zip(arguments, candidate.parameters).allSatisfy({ canConvertImplicitly($0, to: $1) }) else {
            return false
        }
        let elements = zip(arguments, candidate.parameters).compactMap { argument, parameter -> String? in
            guard argument != "unknown" else { return nil }
            if parameter == "anycompatible" { return argument }
            if parameter == "anycompatiblearray" { return elementType(of: argument) }
            return nil
        }
        guard let first = elements.first else { return true }
        return elements.allSatisfy { canConvertImplicitly($0, to: first) || canConvertImplicitly(first, to: $0) }
    }

    private static func elementType(of array: String) -> String? {
        PostgresCatalog.typesByName[array].flatMap { PostgresCatalog.typesByOID[$0.element]?.name }
    }

    static func category(of type: String) -> Character {
        PostgresCatalog.typesByName[type]?.category ?? (type == "unknown" ? "X" : "U")
    }

    static func isPreferred(_ type: String, in category: Character) -> Bool {
        guard let entry = PostgresCatalog.typesByName[type] else { return false }
        return entry.isPreferred && entry.category == category
    }

    static func canConvertImplicitly(_ source: String, to target: String) -> Bool {
        if source == target || source == "unknown" { return true }
        switch target {
        case "any", "anyelement", "anycompatible": return true
        case "anynonarray", "anycompatiblenonarray": return !isArray(source)
        case "anyarray", "anycompatiblearray": return isArray(source)
        case "anyrange", "anycompatiblerange": return category(of: source) == "R" && !source.hasSuffix("multirange")
        case "anymultirange", "anycompatiblemultirange": return source.hasSuffix("multirange")
        default: break
        }
        guard let cast = PostgresCatalog.casts[.init(source: source, target: target)] else { return false }
        return cast.context == .implicit
    }

    static func isArray(_ type: String) -> Bool {
        (PostgresCatalog.typesByName[type]?.element.rawValue ?? 0) != 0 && type.hasPrefix("_")
    }
}
