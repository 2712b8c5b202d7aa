import Relational

/// One line of the catalog, for documentation.
public struct CatalogEntry: Hashable, Sendable {
    public var name: String
    /// The parameter types as SQL names them; empty for `count(*)`.
    public var parameters: [String]
    public var result: String
    /// A limit or a peculiarity worth knowing; empty for most.
    public var note: String

    public init(name: String, parameters: [String], result: String, note: String = "") {
        self.name = name
        self.parameters = parameters
        self.result = result
        self.note = note
    }
}

extension Catalog {
    /// Every operator that runs.
    public static let operators: [CatalogEntry] = listing(PostgresCatalog.operators)

    /// Every function that runs.
    public static let functions: [CatalogEntry] = listing(PostgresCatalog.functions)

    /// Every cast that runs; the name is the context it may happen in.
    public static let casts: [CatalogEntry] = {
        let names = PostgresCatalog.types.map(\.name).filter {
            scalarType(named: $0).encoding != .opaque || $0 == "bpchar"
        }
        var result: [CatalogEntry] = []
        for source in names {
            for target in names where source != target {
                let (from, to) = (scalarType(named: source), scalarType(named: target))
                let contexts: [CastContext] = [.implicit, .assignment, .explicit]
                guard let context = contexts.first(where: { canCast(source, target, $0) }),
                    let function = conversion(from: from, to: to)
                else { continue }
                result.append(
                    CatalogEntry(
                        name: "\(context)",
                        parameters: [from.name],
                        result: to.name,
                        note: note(on: function)
                    )
                )
            }
        }
        return result
    }()

    /// Every aggregate that runs.
    public static let aggregates: [CatalogEntry] = PostgresCatalog.aggregates.sorted { $0.key < $1.key }
        .flatMap { name, candidates in
            candidates.compactMap { candidate in
                let parameters = candidate.parameters.map { scalarType(named: $0) }
                let isList = AggregateFunction(rawValue: name)?.isList == true && candidate.parameters != ["anyarray"]
                guard isList || candidate.parameters == ["any"] || parameters.allSatisfy({ $0.encoding != .opaque })
                else { return nil }
                let isText = (name == "min" || name == "max") && candidate.parameters == ["text"]
                return CatalogEntry(
                    name: name,
                    parameters: parameters.map(\.name),
                    result: scalarType(named: candidate.result).name,
                    note: isText ? byteOrderNote : ""
                )
            }
        }

    private static let byteOrderNote = "needs a byte-order collation, such as COLLATE \"C\""

    private static func listing(_ table: [String: [PostgresCatalog.Candidate]]) -> [CatalogEntry] {
        var result: [CatalogEntry] = []
        for (name, candidates) in table.sorted(by: { $0.key < $1.key }) {
            for candidate in candidates {
                let key =
                    candidate.source == "-"
                    ? "\(name)(\(candidate.parameters.joined(separator: ",")))" : candidate.source
                let implementation = Implementations.bySource[key]
                guard implementation != nil || key == "date_part(text,date)" else { continue }
                var note = implementation.map { $0.needsByteOrder ? byteOrderNote : Self.note(on: $0.function) } ?? ""
                if note.isEmpty, candidate.parameters.contains("timestamptz") { note = "in time zone UTC" }
                result.append(
                    CatalogEntry(
                        name: name,
                        parameters: candidate.parameters.map { scalarType(named: $0).name },
                        result: scalarType(named: candidate.result).name,
                        note: note
                    )
                )
            }
        }
        return result
    }

    private static func note(on function: ScalarFunction) -> String {
        switch function {
        case .textLower, .textUpper: "by libc's UTF-8 case mapping; ASCII letters alone under collation C"
        case .textToDate, .textToTimestamp, .textToTimestamptz: "ISO form alone"
        default: ""
        }
    }
}
