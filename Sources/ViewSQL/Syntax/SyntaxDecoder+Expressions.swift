extension SyntaxDecoder {
    mutating func expression(_ node: JSONTree) throws(Diagnostic) -> ExpressionSyntax {
        guard let (kind, body) = node.node else { throw unknown(node) }
        let location = body.location ?? node.firstLocation
        return try nested(at: location) { (decoder) throws(Diagnostic) in
            ExpressionSyntax(kind: try decoder.kind(kind, body, node), location: location)
        }
    }

    private mutating func kind(
        _ kind: String,
        _ body: JSONTree,
        _ node: JSONTree
    ) throws(Diagnostic) -> ExpressionSyntax.Kind {
        switch kind {
        case "ColumnRef": return try column(body)
        case "A_Const": return .literal(try literal(body))
        case "A_Expr": return try operation(body)
        case "BoolExpr": return try booleanOperation(body)
        case "NullTest":
            return .isNull(try operand(body, "arg"), isNegated: body.text("nulltesttype") == "IS_NOT_NULL")
        case "BooleanTest": return try truthTest(body)
        case "CaseExpr": return .conditional(try conditional(body))
        case "CoalesceExpr": return .coalesce(try operands(body, "args"))
        case "MinMaxExpr":
            return .extreme(try operands(body, "args"), isGreatest: body.text("op") == "IS_GREATEST")
        case "TypeCast":
            guard let type = body["typeName"] else { throw unknown(node) }
            return .cast(try operand(body, "arg"), try self.type(type))
        case "CollateClause":
            return .collate(
                try operand(body, "arg"),
                body.list("collname").compactMap(\.name).last ?? ""
            )
        case "FuncCall": return .call(try call(body))
        case "SubLink" where body.text("subLinkType") == "EXPR_SUBLINK":
            guard let (kind, query) = body["subselect"]?.node, kind == "SelectStmt" else { throw unknown(node) }
            return .subquery(try select(query))
        default: throw refusal(kind, node)
        }
    }

    private func refusal(_ kind: String, _ node: JSONTree) -> Diagnostic {
        let refused: RefusedConstruct? =
            switch kind {
            case "SubLink": .subqueryExpressions
            case "ParamRef": .parameters
            case "A_ArrayExpr": .arrays
            case "RowExpr": .rowValues
            case "SQLValueFunction", "CurrentOfExpr": .currentTime
            case "GroupingFunc": .withinGroup
            case "NamedArgExpr": .namedArguments
            case "XmlExpr", "XmlSerialize": .xml
            case "A_Indirection":
                node.node?.body.list("indirection").first?.node?.kind == "A_Indices" ? .arrays : .compositeTypes
            default: nil
            }
        return refused?.diagnostic(at: node.node?.body.location ?? node.firstLocation) ?? unknown(node)
    }

    private mutating func operand(_ body: JSONTree, _ key: String) throws(Diagnostic) -> ExpressionSyntax {
        guard let node = body[key] else { throw unknown(body) }
        return try expression(node)
    }

    private mutating func operands(_ body: JSONTree, _ key: String) throws(Diagnostic) -> [ExpressionSyntax] {
        var result: [ExpressionSyntax] = []
        for node in body.list(key) { result.append(try expression(node)) }
        return result
    }

    private func column(_ body: JSONTree) throws(Diagnostic) -> ExpressionSyntax.Kind {
        let fields = body.list("fields")
        let names = fields.compactMap(\.name)
        if fields.count > 3 { throw RefusedConstruct.fieldSelection.diagnostic(at: body.location) }
        return fields.last?.node?.kind == "A_Star" ? .star(qualifier: names) : .column(names)
    }

    private func literal(_ body: JSONTree) throws(Diagnostic) -> LiteralSyntax {
        if body.isTrue("isnull") { return .null }
        if let value = body["ival"] {
            guard let integer = value.integer("ival").map(Int64.init) ?? integerNotAboveZero(at: body.location) else {
                throw Diagnostic(.syntaxError, "the constant cannot be read", at: body.location)
            }
            return .integer(integer)
        }
        if let value = body["fval"] { return .number(value.text("fval") ?? "0") }
        if let value = body["sval"] { return .string(value.text("sval") ?? "") }
        if let value = body["boolval"] { return .bool(value.isTrue("boolval")) }
        if body["bsval"] != nil { throw RefusedConstruct.bitLiterals.diagnostic(at: body.location) }
        throw Diagnostic(.notSupported, "the constant is not supported", at: body.location)
    }

    // MARK: Operators

    private mutating func operation(_ body: JSONTree) throws(Diagnostic) -> ExpressionSyntax.Kind {
        let name = try operatorName(body)
        let kind = body.text("kind") ?? ""
        switch kind {
        case "AEXPR_OP", "AEXPR_LIKE":
            let left = body["lexpr"] == nil ? nil : try operand(body, "lexpr")
            return .operation(name, left: left, right: try operand(body, "rexpr"))
        case "AEXPR_IN": return try membership(body, isNegated: name == "<>")
        case "AEXPR_DISTINCT", "AEXPR_NOT_DISTINCT":
            return .isDistinct(
                try operand(body, "lexpr"),
                try operand(body, "rexpr"),
                isNegated: kind == "AEXPR_NOT_DISTINCT"
            )
        case "AEXPR_NULLIF": return .nullIf(try operand(body, "lexpr"), try operand(body, "rexpr"))
        case "AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN", "AEXPR_BETWEEN_SYM", "AEXPR_NOT_BETWEEN_SYM":
            return try between(body, kind: kind)
        case "AEXPR_OP_ANY", "AEXPR_OP_ALL": throw RefusedConstruct.quantifiedComparison.diagnostic(at: body.location)
        case "AEXPR_ILIKE": throw RefusedConstruct.ilike.diagnostic(at: body.location)
        case "AEXPR_SIMILAR": throw RefusedConstruct.similarTo.diagnostic(at: body.location)
        default:
            throw Diagnostic(
                .notSupported,
                "operator \(name) is not supported",
                hint: "docs/sql.md lists what is",
                at: body.location
            )
        }
    }

    private func operatorName(_ body: JSONTree) throws(Diagnostic) -> String {
        let names = body.list("name").compactMap(\.name)
        if names.count > 1, names.first != "pg_catalog" {
            throw RefusedConstruct.namedOperator.diagnostic(at: body.location)
        }
        let name = names.last ?? ""
        if ["~", "~*", "!~", "!~*"].contains(name), body.text("kind") == "AEXPR_OP" {
            throw RefusedConstruct.regularExpressions.diagnostic(at: body.location)
        }
        return name
    }

    private mutating func membership(_ body: JSONTree, isNegated: Bool) throws(Diagnostic) -> ExpressionSyntax.Kind {
        guard let list = body["rexpr"], let (kind, items) = list.node, kind == "List" else {
            throw RefusedConstruct.subqueryExpressions.diagnostic(at: body.location)
        }
        return .isIn(try operand(body, "lexpr"), try operands(items, "items"), isNegated: isNegated)
    }

    private mutating func between(_ body: JSONTree, kind: String) throws(Diagnostic) -> ExpressionSyntax.Kind {
        guard let (_, list) = body["rexpr"]?.node else { throw unknown(body) }
        let bounds = try operands(list, "items")
        guard bounds.count == 2 else { throw unknown(body) }
        return .between(
            BetweenSyntax(
                value: try operand(body, "lexpr"),
                low: bounds[0],
                high: bounds[1],
                isNegated: kind.hasPrefix("AEXPR_NOT"),
                isSymmetric: kind.hasSuffix("SYM")
            )
        )
    }

    private mutating func booleanOperation(_ body: JSONTree) throws(Diagnostic) -> ExpressionSyntax.Kind {
        let arguments = try operands(body, "args")
        switch body.text("boolop") {
        case "AND_EXPR": return .and(arguments)
        case "OR_EXPR": return .or(arguments)
        default:
            guard let first = arguments.first else { throw unknown(body) }
            return .not(first)
        }
    }

    private mutating func truthTest(_ body: JSONTree) throws(Diagnostic) -> ExpressionSyntax.Kind {
        let test = body.text("booltesttype") ?? ""
        let value: Bool? = test.hasSuffix("TRUE") ? true : test.hasSuffix("FALSE") ? false : nil
        return .isTruth(try operand(body, "arg"), value, isNegated: test.hasPrefix("IS_NOT"))
    }

    private mutating func conditional(_ body: JSONTree) throws(Diagnostic) -> CaseSyntax {
        var clauses: [CaseSyntax.Clause] = []
        for node in body.list("args") {
            guard let (_, clause) = node.node else { throw unknown(node) }
            clauses.append(
                CaseSyntax.Clause(condition: try operand(clause, "expr"), result: try operand(clause, "result"))
            )
        }
        return CaseSyntax(
            operand: body["arg"] == nil ? nil : try operand(body, "arg"),
            clauses: clauses,
            otherwise: body["defresult"] == nil ? nil : try operand(body, "defresult")
        )
    }

    // MARK: Calls and types

    private mutating func call(_ body: JSONTree) throws(Diagnostic) -> CallSyntax {
        let location = body.location
        let names = body.list("funcname").compactMap(\.name)
        if body["over"] != nil { throw RefusedConstruct.windowFunctions.diagnostic(at: location) }
        if body.isTrue("agg_within_group") { throw RefusedConstruct.withinGroup.diagnostic(at: location) }
        if body.isTrue("func_variadic") { throw RefusedConstruct.variadic.diagnostic(at: location) }
        if names.count > 1, names.first != "pg_catalog" {
            throw Diagnostic(
                .notSupported,
                "function \(names.joined(separator: ".")) is not supported",
                detail: "A view can call Postgres's own functions only.",
                hint: "docs/sql.md lists them",
                at: location
            )
        }
        var order: [SortSyntax] = []
        for node in body.list("agg_order") { order.append(try sort(node)) }
        return CallSyntax(
            name: names.last ?? "",
            arguments: try operands(body, "args"),
            isStar: body.isTrue("agg_star"),
            isDistinct: body.isTrue("agg_distinct"),
            order: order,
            filter: body["agg_filter"] == nil ? nil : try operand(body, "agg_filter")
        )
    }

    private func type(_ node: JSONTree) throws(Diagnostic) -> TypeSyntax {
        let names = node.list("names").compactMap(\.name)
        let location = node.location
        if node["arrayBounds"] != nil { throw RefusedConstruct.arrays.diagnostic(at: location) }
        if node.isTrue("setof") || node.isTrue("pct_type") { throw unknown(node) }
        var modifiers: [Int] = []
        for modifier in node.list("typmods") {
            guard let (kind, body) = modifier.node, kind == "A_Const", case .integer(let value) = try literal(body)
            else {
                throw Diagnostic(.syntaxError, "type modifiers must be simple constants", at: location)
            }
            modifiers.append(Int(value))
        }
        return TypeSyntax(name: names.last ?? "", modifiers: modifiers, location: location)
    }
}
