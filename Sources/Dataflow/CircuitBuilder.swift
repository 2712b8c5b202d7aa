import Expressions
import Relational
import StateFiles
import ViewPlan

/// Makes the operators of a circuit from plans: equal plan nodes become one operator, one arrangement per (operator, key columns).
struct CircuitBuilder {
    private struct ArrangeKey: Hashable {
        var input: ObjectIdentifier
        var columns: [Int]
        var isPrivate: Bool
    }

    private let folder: StateFolder?
    private let crew: Crew
    private var nodes: [PlanNode: Operator] = [:]
    private var arranges: [ArrangeKey: Arrange] = [:]
    /// How many distinct nodes and views read a node.
    private var readers: [PlanNode: Int] = [:]
    private(set) var images: [RelationID: TableImage] = [:]
    /// Inputs before their readers.
    private(set) var operators: [Operator] = []

    init(
        views: [ViewDefinition],
        schemas: [SchemaID: RelationSchema],
        folder: StateFolder?,
        crew: Crew
    ) throws(DataflowError) {
        self.folder = folder
        self.crew = crew
        var scans: [RelationID: [TableScan]] = [:]
        var seen: Set<PlanNode> = []
        for view in views {
            readers[view.root, default: 0] += 1
            collect(view.root, &seen, &scans)
        }
        for relation in scans.keys.sorted() {
            let image = try makeImage(relation, scans[relation] ?? [], schemas)
            images[relation] = image
            operators.append(image)
        }
    }

    private mutating func collect(
        _ node: PlanNode,
        _ seen: inout Set<PlanNode>,
        _ scans: inout [RelationID: [TableScan]]
    ) {
        guard seen.insert(node).inserted else { return }
        if case .scan(let scan) = node { scans[scan.relationID, default: []].append(scan) }
        for input in node.inputs {
            readers[input, default: 0] += 1
            collect(input, &seen, &scans)
        }
    }

    /// An image holds the columns that any scan reads and the key of the newest schema.
    private func makeImage(
        _ relation: RelationID,
        _ scans: [TableScan],
        _ schemas: [SchemaID: RelationSchema]
    ) throws(DataflowError) -> TableImage {
        let known = schemas.filter { $0.value.relationID == relation }
        guard let newest = known.max(by: { $0.key < $1.key })?.value else {
            let name = scans.first.map { "\($0.name)" } ?? "\(relation)"
            throw DataflowError(.invalidPlan, "no schema of \(name) is known")
        }
        var columns: [Int16: Column] = [:]
        for column in scans.flatMap(\.columns) {
            if let other = columns[column.attributeNumber], other.type.oid != column.type.oid {
                throw DataflowError(
                    .invalidPlan,
                    "column \"\(column.name)\" of \(newest.name) is read as two types",
                    relation: newest.name
                )
            }
            columns[column.attributeNumber] = column
        }
        let key = newest.imageKey
        for column in key where columns[column.attributeNumber] == nil { columns[column.attributeNumber] = column }
        let held = columns.values.sorted { $0.attributeNumber < $1.attributeNumber }
        let keyIndexes = key.compactMap { column in
            held.firstIndex { $0.attributeNumber == column.attributeNumber }
        }
        let stateName = StateName.ofImage(relation, columns: held, key: keyIndexes)
        let image = TableImage(
            relation: relation,
            name: newest.name,
            columns: held,
            key: keyIndexes,
            arrangement: Arrangement(
                name: "table \(newest.name)",
                isUnique: !keyIndexes.isEmpty,
                types: held.map(\.type),
                stateName: stateName,
                folder: folder,
                crew: crew
            )
        )
        image.stateName = stateName
        return image
    }

    // MARK: Nodes

    /// The operator of a plan node, made if it is not there yet.
    mutating func build(_ node: PlanNode) throws(DataflowError) -> Operator {
        if let built = nodes[node] { return built }
        let built: Operator
        switch node {
        case .scan(let scan): built = try buildScan(scan)
        case .filter(let filter): built = try buildTransform(filter.input, filter.predicate, nil, name: "filter")
        case .project(let projection): built = try buildProjection(projection)
        case .join(let join): built = try buildJoin(join)
        case .aggregate(let aggregate): built = try buildAggregate(aggregate)
        }
        nodes[node] = built
        if built.stateName.isEmpty { built.stateName = StateName.of(node) }
        if !operators.contains(where: { $0 === built }) { operators.append(built) }
        return built
    }

    private func buildScan(_ scan: TableScan) throws(DataflowError) -> Operator {
        guard let image = images[scan.relationID] else {
            throw DataflowError(.invalidPlan, "no schema of \(scan.name) is known")
        }
        let columns = scan.columns.compactMap { column in
            image.columns.firstIndex { $0.attributeNumber == column.attributeNumber }
        }
        if columns == Array(image.columns.indices) { return image }
        return Scan(name: "scan \(scan.name)", image: image, columns: columns)
    }

    private mutating func buildProjection(_ projection: Projection) throws(DataflowError) -> Operator {
        if case .filter(let filter) = projection.input, readers[projection.input] == 1 {
            return try buildTransform(
                filter.input,
                filter.predicate,
                projection.expressions,
                name: "filter, project"
            )
        }
        return try buildTransform(projection.input, nil, projection.expressions, name: "project")
    }

    private mutating func buildTransform(
        _ input: PlanNode,
        _ predicate: Expression?,
        _ expressions: [Expression]?,
        name: String
    ) throws(DataflowError) -> Operator {
        let types = input.columns.map(\.type)
        for expression in (expressions ?? []) + (predicate.map { [$0] } ?? []) {
            try check(expression, columnCount: types.count)
        }
        return Transform(
            name: name,
            input: try build(input),
            predicate: predicate,
            projection: expressions,
            inputTypes: types
        )
    }

    private func check(_ expression: Expression, columnCount: Int) throws(DataflowError) {
        var isInRange = true
        expression.forEachColumn { if !(0..<columnCount).contains($0) { isInRange = false } }
        guard isInRange else { throw DataflowError(.invalidPlan, "an expression reads a column that is not there") }
    }

    private mutating func buildAggregate(_ aggregate: ViewPlan.Aggregate) throws(DataflowError) -> Operator {
        let types = aggregate.input.columns.map(\.type)
        let read = aggregate.groupColumns + aggregate.calls.flatMap(\.columnsRead)
        guard read.allSatisfy(types.indices.contains) else {
            throw DataflowError(.invalidPlan, "an aggregate reads a column that is not there")
        }
        return try Aggregate(
            input: try build(aggregate.input),
            inputTypes: types,
            groupColumns: aggregate.groupColumns,
            calls: aggregate.calls,
            stateName: StateName.of(.aggregate(aggregate)),
            folder: folder
        )
    }

    // MARK: Joins

    private mutating func buildJoin(_ join: Join) throws(DataflowError) -> Operator {
        let leftTypes = join.left.columns.map(\.type)
        let rightTypes = join.right.columns.map(\.type)
        try check(join, leftTypes, rightTypes)
        let left = try build(join.left)
        let right = try build(join.right)
        let needsOwnLeft = join.kind == .left && join.residual != nil
        let (leftKey, rightKey) = order(join, left, right)
        let leftSide = try arrange(left, leftTypes, leftKey, isPrivate: needsOwnLeft)
        let rightSide = try arrange(right, rightTypes, rightKey, isPrivate: false)
        let name = "\(join.kind.rawValue) join"
        guard join.kind == .left else {
            return InnerJoin(
                name: name,
                left: leftSide,
                leftTypes: leftTypes,
                right: rightSide,
                rightTypes: rightTypes,
                residual: join.residual,
                output: join.output
            )
        }
        guard let residual = join.residual else {
            return LeftJoin(
                name: name,
                left: leftSide,
                leftTypes: leftTypes,
                right: rightSide,
                rightTypes: rightTypes,
                output: join.output
            )
        }
        return ResidualLeftJoin(
            name: name,
            left: leftSide,
            leftTypes: leftTypes,
            leftKey: leftKey,
            right: rightSide,
            rightTypes: rightTypes,
            residual: residual,
            output: join.output,
            degrees: Arrangement(
                name: "degrees of \(name)",
                types: [],
                stateName: StateName.of(.join(join)) + ".degrees",
                folder: folder,
                crew: crew
            )
        )
    }

    private func check(_ join: Join, _ left: [ScalarType], _ right: [ScalarType]) throws(DataflowError) {
        let pairs = zip(join.leftKey, join.rightKey)
        guard !join.leftKey.isEmpty, join.leftKey.count == join.rightKey.count,
            pairs.allSatisfy({
                left.indices.contains($0) && right.indices.contains($1) && left[$0].encoding == right[$1].encoding
            }),
            join.output.allSatisfy((0..<(left.count + right.count)).contains)
        else { throw DataflowError(.invalidPlan, "a join's keys or columns do not fit its inputs") }
        if let residual = join.residual { try check(residual, columnCount: left.count + right.count) }
    }

    /// The key pairs in the order in which an image's arrangement can serve, else by the left columns.
    private func order(_ join: Join, _ left: Operator, _ right: Operator) -> (left: [Int], right: [Int]) {
        let pairs = Array(zip(join.leftKey, join.rightKey))
        let byImage = { (input: Operator, columns: [Int]) -> [Int]? in
            guard let (image, held) = Self.image(under: input), image.key.count == columns.count else { return nil }
            let order = image.key.compactMap { key in columns.firstIndex { held[$0] == key } }
            return order.count == columns.count && Set(order).count == order.count ? order : nil
        }
        let order =
            byImage(right, join.rightKey) ?? byImage(left, join.leftKey)
            ?? pairs.indices.sorted { pairs[$0] < pairs[$1] }
        return (order.map { pairs[$0].0 }, order.map { pairs[$0].1 })
    }

    /// The keyed image that an operator reads without change, and where the operator's columns are in it.
    private static func image(under input: Operator) -> (TableImage, [Int])? {
        if let image = input as? TableImage, !image.key.isEmpty { return (image, Array(image.types.indices)) }
        if let scan = input as? Scan, !scan.image.key.isEmpty { return (scan.image, scan.columns) }
        return nil
    }

    private mutating func arrange(
        _ input: Operator,
        _ types: [ScalarType],
        _ key: [Int],
        isPrivate: Bool
    ) throws(DataflowError) -> Arrange {
        var arrangeKey = ArrangeKey(input: ObjectIdentifier(input), columns: key, isPrivate: isPrivate)
        if let made = arranges[arrangeKey] { return made }
        let name = "arrange \(input.name) by \(key.map { "#\($0 + 1)" }.joined(separator: ", "))"
        let made: Arrange
        if !isPrivate, let (image, columns) = Self.image(under: input), key.map({ columns[$0] }) == image.key {
            made = Arrange(name: name, input: input, types: types, key: key, image: image, columns: columns)
        } else {
            let stateName = StateName.ofArrange(input, key: key, isPrivate: isPrivate)
            made = Arrange(
                name: name,
                input: input,
                types: types,
                key: key,
                arrangement: Arrangement(
                    name: name,
                    types: types,
                    stateName: stateName,
                    folder: folder,
                    crew: crew
                )
            )
            // An arrangement with the input's own rows serves every join.
            arrangeKey.isPrivate = true
            if let other = arranges[arrangeKey] { return other }
            arranges[arrangeKey] = made
            arrangeKey.isPrivate = false
        }
        made.stateName = StateName.ofArrange(input, key: key, isPrivate: isPrivate)
        arranges[arrangeKey] = made
        operators.append(made)
        return made
    }
}

extension RelationSchema {
    /// What identifies a row in the records of this schema: the columns of an image's key, empty for a bag.
    var imageKey: [Column] { keyColumns.map { columns[$0] } }
}
