import Relational

/// Functions that write JSON. They take values of any type, which the tables of signatures cannot say.
extension Catalog {
    /// The functions, for documentation.
    public static let jsonFunctions: [CatalogEntry] = ["json", "jsonb"].flatMap { type in
        [
            CatalogEntry(name: "\(type)_build_object", parameters: ["key, value, …"], result: type),
            CatalogEntry(name: "\(type)_build_array", parameters: ["value, …"], result: type),
            CatalogEntry(name: "to_\(type)", parameters: ["value"], result: type),
        ]
    }

    /// The call, or nil when `name` is none of these functions.
    static func jsonCall(_ name: String, _ arguments: [Expression]) throws(ResolutionError) -> Expression? {
        switch name {
        case "to_json", "to_jsonb":
            guard arguments.count == 1 else { return nil }
            let value = try jsonValue(arguments[0], isPolymorphic: true)
            return .call(name == "to_json" ? .toJSON : .toJSONB, [value], scalarType(named: String(name.dropFirst(3))))
        case "json_build_array", "jsonb_build_array":
            let isJSON = name == "json_build_array"
            var values: [Expression] = []
            for argument in arguments { values.append(try jsonValue(argument)) }
            let type = scalarType(named: isJSON ? "json" : "jsonb")
            if values.isEmpty { return .constant(.text("[]"), type) }
            return .call(isJSON ? .jsonBuildArray : .jsonbBuildArray, values, type)
        case "json_build_object", "jsonb_build_object":
            let isJSON = name == "json_build_object"
            guard arguments.count % 2 == 0 else {
                throw ResolutionError(
                    code: .invalidParameterValue,
                    message: "argument list must have even number of elements",
                    hint: "the arguments of \(name)() are keys and values by turns"
                )
            }
            var values: [Expression] = []
            for (index, argument) in arguments.enumerated() {
                values.append(index % 2 == 0 ? try jsonKey(argument) : try jsonValue(argument))
            }
            let type = scalarType(named: isJSON ? "json" : "jsonb")
            if values.isEmpty { return .constant(.text("{}"), type) }
            return .call(isJSON ? .jsonBuildObject : .jsonbBuildObject, values, type)
        default: return nil
        }
    }

    /// A value that is written as JSON; `isPolymorphic` where Postgres takes its type from the argument alone.
    static func jsonValue(
        _ value: Expression,
        isPolymorphic: Bool = false
    ) throws(ResolutionError) -> Expression {
        if value.type.oid == .unknown {
            if isPolymorphic {
                throw ResolutionError(
                    code: .datatypeMismatch,
                    message: "could not determine polymorphic type because input has type unknown",
                    hint: "add an explicit type cast"
                )
            }
            return try cast(value, to: .text, .implicit)
        }
        guard JSONForm(value.type) != nil else {
            throw .notSupported(
                "a value of type \(value.type.name) in a JSON document is not supported",
                detail: "How Postgres writes it depends on what kind of type it is.",
                hint: "cast it to text"
            )
        }
        return value
    }

    /// The key of an object.
    static func jsonKey(_ key: Expression) throws(ResolutionError) -> Expression {
        let value = try jsonValue(key)
        guard JSONForm(value.type)?.isScalar == true else {
            throw ResolutionError(
                code: .invalidParameterValue,
                message: "key value must be scalar, not array, composite, or json",
                hint: "cast it to text"
            )
        }
        return value
    }

    /// A literal of `json`, checked and kept as it is, or of `jsonb`, as Postgres prints it.
    static func jsonLiteral(_ text: String, _ type: ScalarType) throws(EvaluationError) -> Datum {
        var normaliser = JSONNormaliser()
        var output = ByteSlab()
        let bytes = Array(text.utf8)
        let isJSON = type.oid == .json
        let error = bytes.withUnsafeBytes { source -> EvaluationError? in
            do throws(EvaluationError) {
                try normaliser.append(source, into: &output, isLenient: isJSON)
                return nil
            } catch {
                return error
            }
        }
        if let error { throw error }
        return .text(isJSON ? text : String(decoding: output.bytes, as: UTF8.self))
    }
}
