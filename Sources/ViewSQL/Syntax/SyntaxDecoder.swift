import Relational

/// Turns libpg_query's tree into ours, and refuses what a view cannot have where it stands.
///
/// Every node and every field that could change a query's meaning is either carried over or refused.
struct SyntaxDecoder {
    /// Levels of nested expressions, subqueries and joins; every later pass recurses over them.
    static let depthLimit = 200

    /// The statement, to read the digits that the tree leaves out.
    let sql: [UInt8]
    var depth = 0

    init(sql: String) { self.sql = Array(sql.utf8) }

    /// Parses the one statement of a file.
    static func decode(_ source: SourceText) throws(Diagnostic) -> StatementSyntax {
        guard source.sql.utf8.count <= PostgresParser.lengthLimit else {
            throw Diagnostic(
                .statementTooComplex,
                "the statement is longer than \(PostgresParser.lengthLimit >> 10) KB",
                detail: "It has \(source.sql.utf8.count) bytes.",
                hint: "split it into views that read each other",
                at: nil
            )
        }
        if let zero = source.sql.utf8.firstIndex(of: 0) {
            throw Diagnostic(
                .characterNotInRepertoire,
                "the file holds a zero byte",
                hint: "save it as UTF-8 text",
                at: source.sql.utf8.distance(from: source.sql.utf8.startIndex, to: zero)
            )
        }
        let tree: JSONTree
        do {
            tree = try JSONReader.read(try parse(source))
        } catch let failure as JSONReader.Failure {
            throw Self.diagnostic(failure)
        } catch let diagnostic as Diagnostic {
            throw diagnostic
        } catch {
            throw Diagnostic(.syntaxError, "the statement cannot be parsed", at: nil)
        }
        var decoder = SyntaxDecoder(sql: source.sql)
        return try decoder.file(tree)
    }

    private static func parse(_ source: SourceText) throws(Diagnostic) -> [UInt8] {
        do {
            return try PostgresParser.parse(source.sql)
        } catch {
            throw Diagnostic(
                .syntaxError,
                error.message,
                at: error.scalarIndex.map { source.byte(ofScalar: $0) }
            )
        }
    }

    private static func diagnostic(_ failure: JSONReader.Failure) -> Diagnostic {
        switch failure {
        case .tooDeep: tooDeep(at: nil)
        case .malformed(let byte):
            Diagnostic(
                .syntaxError,
                "the parser's tree cannot be read",
                detail: "Unexpected byte \(byte) of its text.",
                at: nil
            )
        }
    }

    static func tooDeep(at location: Int?) -> Diagnostic {
        Diagnostic(
            .statementTooComplex,
            "the statement is nested too deeply",
            detail: "At most \(depthLimit) levels of expressions, subqueries and joins are possible.",
            hint: "split it into views that read each other",
            at: location
        )
    }

    /// Runs `body` one level deeper.
    mutating func nested<Result>(
        at location: Int?,
        _ body: (inout SyntaxDecoder) throws(Diagnostic) -> Result
    ) throws(Diagnostic) -> Result {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.depthLimit { throw Self.tooDeep(at: location) }
        return try body(&self)
    }

    // MARK: Statements

    private mutating func file(_ tree: JSONTree) throws(Diagnostic) -> StatementSyntax {
        let statements = tree.list("stmts")
        guard let first = statements.first else {
            throw Diagnostic(
                .syntaxError,
                "the file holds no statement",
                hint: "write CREATE MATERIALIZED VIEW name AS SELECT …",
                at: nil
            )
        }
        if statements.count > 1 {
            throw Diagnostic(
                .syntaxError,
                "a view file holds exactly one statement",
                detail: "This one holds \(statements.count).",
                hint: "put each view into a file of its own",
                at: startOfText(after: statements[1].integer("stmt_location") ?? 0)
            )
        }
        guard let (kind, body) = first["stmt"]?.node else {
            throw Diagnostic(.syntaxError, "the file holds no statement", at: nil)
        }
        switch kind {
        case "SelectStmt": return StatementSyntax(location: body.firstLocation, select: try select(body))
        case "CreateTableAsStmt": return try create(body)
        case "ViewStmt":
            throw Diagnostic(
                .syntaxError,
                "CREATE VIEW makes no maintained view",
                hint: "write CREATE MATERIALIZED VIEW",
                at: body["view"]?.location
            )
        default:
            throw Diagnostic(
                .syntaxError,
                "a view file holds a CREATE MATERIALIZED VIEW or a SELECT",
                hint: "write CREATE MATERIALIZED VIEW name AS SELECT …",
                at: startOfText(after: 0)
            )
        }
    }

    private mutating func create(_ body: JSONTree) throws(Diagnostic) -> StatementSyntax {
        guard let into = body["into"], let relation = into["rel"], let name = relation.text("relname") else {
            throw Diagnostic(.syntaxError, "the view has no name", at: nil)
        }
        let location = relation.location
        guard body.text("objtype") == "OBJECT_MATVIEW" else {
            throw Diagnostic(
                .syntaxError,
                "CREATE TABLE AS makes no maintained view",
                hint: "write CREATE MATERIALIZED VIEW",
                at: location
            )
        }
        if relation.text("catalogname") != nil { throw RefusedConstruct.fieldSelection.diagnostic(at: location) }
        if body.isTrue("if_not_exists") { throw RefusedConstruct.createIfNotExists.diagnostic(at: location) }
        if into.isTrue("skipData") { throw RefusedConstruct.noData.diagnostic(at: location) }
        if let space = into.text("tableSpaceName") {
            throw Diagnostic(
                .notSupported,
                "TABLESPACE \(space) has no meaning here",
                hint: "leave it out: the store decides where rows lie",
                at: location
            )
        }
        var kind = ViewKind.table
        if let method = into.text("accessMethod") { kind = try self.kind(method, after: location) }
        guard let (node, query) = body["query"]?.node, node == "SelectStmt" else {
            throw Diagnostic(.syntaxError, "a view is made from a SELECT", at: location)
        }
        var options: [OptionSyntax] = []
        for option in into.list("options") { options.append(try self.option(option)) }
        return StatementSyntax(
            name: name,
            schema: relation.text("schemaname"),
            location: location,
            columnNames: into.list("colNames").compactMap(\.name),
            kind: kind,
            options: options,
            select: try select(query)
        )
    }

    private func kind(_ method: String, after location: Int?) throws(Diagnostic) -> ViewKind {
        let place = firstWord("using", after: location ?? 0) ?? location
        switch ViewKind(rawValue: method) {
        case .search: return .search
        case .cache: return .cache
        case .table, nil: break
        }
        throw Diagnostic(
            .undefinedObject,
            "access method \"\(method)\" does not exist",
            hint: "write USING cache or USING search; without USING the view is kept as a table",
            at: place
        )
    }

    private func option(_ node: JSONTree) throws(Diagnostic) -> OptionSyntax {
        guard let (_, body) = node.node, let name = body.text("defname") else {
            throw Diagnostic(.syntaxError, "an option has no name", at: node.firstLocation)
        }
        if let space = body.text("defnamespace") {
            throw Diagnostic(
                .invalidParameterValue,
                "unrecognized parameter namespace \"\(space)\"",
                at: body.location
            )
        }
        var value: String?
        if let (kind, argument) = body["arg"]?.node {
            switch kind {
            case "String": value = argument.text("sval") ?? ""
            case "Integer": value = String(argument.integer("ival") ?? 0)
            case "Float": value = argument.text("fval") ?? ""
            case "TypeName": value = argument.list("names").compactMap(\.name).joined(separator: ".")
            default: break
            }
        }
        return OptionSyntax(name: name, value: value, location: body.location)
    }

    // MARK: The text itself

    /// Offset of the first byte of a token at or after `offset`.
    func startOfText(after offset: Int) -> Int {
        var index = offset
        while index < sql.count {
            let byte = sql[index]
            if byte == UInt8(ascii: "-"), index + 1 < sql.count, sql[index + 1] == UInt8(ascii: "-") {
                while index < sql.count, sql[index] != 0x0A { index += 1 }
            } else if byte == UInt8(ascii: "/"), index + 1 < sql.count, sql[index + 1] == UInt8(ascii: "*") {
                index = endOfComment(from: index)
            } else if byte == 0x20 || (0x09...0x0D).contains(byte) {
                index += 1
            } else {
                return index
            }
        }
        return offset
    }

    private func endOfComment(from start: Int) -> Int {
        var index = start + 2
        var level = 1
        while index < sql.count, level > 0 {
            let next = index + 1 < sql.count ? sql[index + 1] : 0
            if sql[index] == UInt8(ascii: "*"), next == UInt8(ascii: "/") {
                level -= 1
                index += 2
            } else if sql[index] == UInt8(ascii: "/"), next == UInt8(ascii: "*") {
                level += 1
                index += 2
            } else {
                index += 1
            }
        }
        return index
    }

    /// Offset of the first appearance of a lower-case word, in any case.
    private func firstWord(_ word: String, after offset: Int) -> Int? {
        let wanted = Array(word.utf8)
        guard sql.count >= wanted.count else { return nil }
        return (offset...(sql.count - wanted.count)).first { start in
            wanted.indices.allSatisfy { sql[start + $0] | 0x20 == wanted[$0] }
        }
    }

    /// The value of an integer constant that the tree printed without its digits: libpg_query 15 leaves out zero and negative ones.
    func integerNotAboveZero(at location: Int?) -> Int64? {
        guard var index = location else { return nil }
        while index < sql.count, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(sql[index]) {
            // Between the sign and the digits there are only further signs, parentheses, blanks and comments.
            let next = startOfText(after: index)
            index = next > index ? next : index + 1
        }
        var value: Int64 = 0
        while index < sql.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(sql[index]) {
            let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            if isTooLarge { return nil }
            value = product + Int64(sql[index] - UInt8(ascii: "0"))
            index += 1
        }
        return -value
    }
}
