extension SyntaxDecoder {
    mutating func select(_ body: JSONTree) throws(Diagnostic) -> SelectSyntax {
        try nested(at: body.firstLocation) { (decoder) throws(Diagnostic) in try decoder.selectBody(body) }
    }

    private mutating func selectBody(_ body: JSONTree) throws(Diagnostic) -> SelectSyntax {
        let location = body.firstLocation
        try refuseClauses(of: body)
        var select = SelectSyntax(location: location)
        if let with = body["withClause"] {
            if with.isTrue("recursive") { throw RefusedConstruct.recursion.diagnostic(at: with.firstLocation) }
            for table in with.list("ctes") { select.commonTables.append(try commonTable(table)) }
        }
        let distinct = body.list("distinctClause")
        if let first = distinct.first {
            if first.node != nil { throw RefusedConstruct.distinctOn.diagnostic(at: first.firstLocation) }
            select.isDistinct = true
        }
        for target in body.list("targetList") { select.targets.append(try self.target(target)) }
        if select.targets.isEmpty { throw RefusedConstruct.keyless.diagnostic(at: location) }
        for item in body.list("fromClause") { select.from.append(try table(item)) }
        if select.from.isEmpty { throw RefusedConstruct.constantQuery.diagnostic(at: location) }
        if let condition = body["whereClause"] { select.condition = try expression(condition) }
        for group in body.list("groupClause") {
            if group.node?.kind == "GroupingSet" {
                throw RefusedConstruct.groupingSets.diagnostic(at: group.firstLocation)
            }
            select.groups.append(try expression(group))
            select.hasGroupClause = true
        }
        if let having = body["havingClause"] { select.having = try expression(having) }
        for item in body.list("sortClause") { select.order.append(try sort(item)) }
        return select
    }

    private func refuseClauses(of body: JSONTree) throws(Diagnostic) {
        if let operation = body.text("op"), operation != "SETOP_NONE" {
            throw RefusedConstruct.setOperations.diagnostic(at: body["rarg"]?.firstLocation)
        }
        if body["valuesLists"] != nil { throw RefusedConstruct.values.diagnostic(at: body.firstLocation) }
        if let into = body["intoClause"] { throw RefusedConstruct.selectInto.diagnostic(at: into.firstLocation) }
        if let window = body.list("windowClause").first {
            throw RefusedConstruct.windowFunctions.diagnostic(at: window.firstLocation)
        }
        if let limit = body["limitCount"] ?? body["limitOffset"] {
            throw RefusedConstruct.limit.diagnostic(at: limit.firstLocation)
        }
        if let lock = body.list("lockingClause").first {
            throw RefusedConstruct.locking.diagnostic(at: lock.firstLocation ?? body.firstLocation)
        }
    }

    private mutating func commonTable(_ node: JSONTree) throws(Diagnostic) -> CommonTableSyntax {
        guard let (_, body) = node.node, let name = body.text("ctename"), let (kind, query) = body["ctequery"]?.node
        else { throw unknown(node) }
        guard kind == "SelectStmt" else { throw RefusedConstruct.dataModifyingWith.diagnostic(at: body.location) }
        return CommonTableSyntax(
            name: name,
            columnNames: body.list("aliascolnames").compactMap(\.name),
            select: try select(query),
            location: body.location
        )
    }

    private mutating func target(_ node: JSONTree) throws(Diagnostic) -> TargetSyntax {
        guard let (kind, body) = node.node, kind == "ResTarget", let value = body["val"] else { throw unknown(node) }
        return TargetSyntax(name: body.text("name"), value: try expression(value), location: body.location)
    }

    mutating func sort(_ node: JSONTree) throws(Diagnostic) -> SortSyntax {
        guard let (_, body) = node.node, let value = body["node"] else { throw unknown(node) }
        let direction = body.text("sortby_dir")
        if direction == "SORTBY_USING" { throw RefusedConstruct.namedOperator.diagnostic(at: node.firstLocation) }
        let nulls = body.text("sortby_nulls")
        return SortSyntax(
            value: try expression(value),
            isDescending: direction == "SORTBY_DESC",
            nullsFirst: nulls == "SORTBY_NULLS_FIRST" ? true : nulls == "SORTBY_NULLS_LAST" ? false : nil
        )
    }

    // MARK: FROM

    private mutating func table(_ node: JSONTree) throws(Diagnostic) -> TableSyntax {
        let location = node.firstLocation
        return try nested(at: location) { (decoder) throws(Diagnostic) in
            guard let (kind, body) = node.node else { throw decoder.unknown(node) }
            switch kind {
            case "RangeVar": return try decoder.relation(body)
            case "JoinExpr": return .join(try decoder.join(body))
            case "RangeSubselect":
                if body.isTrue("lateral") { throw RefusedConstruct.correlatedLateral.diagnostic(at: location) }
                guard let (_, query) = body["subquery"]?.node else { throw decoder.unknown(node) }
                return .subquery(try decoder.select(query), decoder.alias(body["alias"]), location: location)
            case "RangeFunction": throw RefusedConstruct.functionInFrom.diagnostic(at: location)
            case "RangeTableSample": throw RefusedConstruct.tableSample.diagnostic(at: body.location)
            case "RangeTableFunc": throw RefusedConstruct.xml.diagnostic(at: location)
            default: throw decoder.unknown(node)
            }
        }
    }

    private func relation(_ body: JSONTree) throws(Diagnostic) -> TableSyntax {
        let location = body.location
        if body.text("catalogname") != nil { throw RefusedConstruct.fieldSelection.diagnostic(at: location) }
        if !body.isTrue("inh") { throw RefusedConstruct.only.diagnostic(at: location) }
        return .relation(
            schema: body.text("schemaname"),
            name: body.text("relname") ?? "",
            alias(body["alias"]),
            location: location
        )
    }

    private mutating func join(_ body: JSONTree) throws(Diagnostic) -> JoinSyntax {
        guard let left = body["larg"], let right = body["rarg"] else { throw unknown(body) }
        if body["join_using_alias"] != nil { throw RefusedConstruct.usingAlias.diagnostic(at: right.firstLocation) }
        let kind: JoinSyntax.Kind
        switch body.text("jointype") {
        case "JOIN_INNER": kind = .inner
        case "JOIN_LEFT": kind = .left
        case "JOIN_RIGHT": kind = .right
        default: throw RefusedConstruct.fullJoin.diagnostic(at: right.firstLocation)
        }
        let leftTable = try table(left)
        let rightTable = try table(right)
        var condition = JoinSyntax.Condition.none
        if body.isTrue("isNatural") {
            condition = .natural
        } else if body["usingClause"] != nil {
            condition = .using(body.list("usingClause").compactMap(\.name))
        } else if let quals = body["quals"] {
            condition = .on(try expression(quals))
        }
        return JoinSyntax(
            kind: kind,
            left: leftTable,
            right: rightTable,
            condition: condition,
            alias: alias(body["alias"])
        )
    }

    private func alias(_ node: JSONTree?) -> AliasSyntax? {
        guard let node, let name = node.text("aliasname") else { return nil }
        return AliasSyntax(name: name, columnNames: node.list("colnames").compactMap(\.name))
    }

    /// A node that this decoder does not know: refused, never skipped.
    func unknown(_ node: JSONTree) -> Diagnostic {
        let kind = node.node?.kind ?? "this construct"
        return Diagnostic(
            .notSupported,
            "\(kind) is not supported in a view",
            hint: "docs/sql.md lists what is",
            at: node.firstLocation
        )
    }
}
