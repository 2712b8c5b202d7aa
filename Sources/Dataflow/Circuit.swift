public import Relational
public import StateFiles
public import ViewPlan

/// The fold of the change log into views: one synchronous, deterministic step for each epoch of whole transactions.
///
/// 1. `define` every schema frame and `ingest` every record of the epoch, in log order.
/// 2. `step`, then read `withDelta`, `errors` and `parked` of each view.
/// 3. `seal` when the epoch's deltas have been handed on.
///
/// Owned by one thread. No clock, no I/O of its own. The same log gives the same rows at any split into epochs.
///
/// What the data does wrong never throws here: it parks the views above the operator that met it (`parked`), before anything of
/// them is published, and the other views go on. A parked view stays so until a circuit is built with it again. `ingest`, `step` and
/// `seal` throw only when the storage of arrangements fails or a schema is not known; the circuit must then be built again.
public final class Circuit {
    struct View {
        let definition: ViewDefinition
        var root: Operator
        /// The root and everything below it.
        var operators: [Operator]
        /// Keeps the view's rows.
        var integral: KeptRows?
        /// Keeps what changed of them since it was asked for.
        var changes: KeptRows?
    }

    /// Where the records of a schema go.
    private enum Route {
        case unknown
        /// No view reads the relation.
        case ignored
        case image(TableImage, RecordMap)
        /// The image cannot take records of this schema.
        case unreadable(TableImage, DataflowError)
    }

    /// The relations that some view reads; records of others are ignored.
    public let relations: Set<RelationID>

    private let images: [RelationID: TableImage]
    private(set) var operators: [Operator] { didSet { levels = Self.levels(of: operators) } }
    /// The operators by their distance from the tables: those of a level do not read each other.
    private var levels: [[Operator]] = []
    /// Who shares the work of a step.
    public let crew: Crew
    /// Records ingested since the last seal.
    private var ingestedCount = 0
    var views: [String: View] = [:]
    private let folder: StateFolder?
    private var schemas: [SchemaID: RelationSchema]
    /// By schema id.
    private var routes: [Route] = []

    /// Builds the operators of `views`, shared where their plans are equal, over empty tables.
    ///
    /// `schemas` are the schemas of the log known so far, for every relation that a view reads. Views named in `integralsOf` keep their
    /// rows for `forEachRow`. State that outgrows memory and checkpoints go into `folder`; nil keeps everything in memory. `crew` does the work of
    /// a step: its number of threads changes no byte of any result.
    /// - Throws: `invalidPlan`.
    public init(
        views definitions: [ViewDefinition],
        schemas: [SchemaID: RelationSchema],
        integralsOf: Set<String> = [],
        folder: StateFolder? = nil,
        crew: Crew = .alone
    ) throws(DataflowError) {
        self.crew = crew
        self.folder = folder
        var builder = try CircuitBuilder(views: definitions, schemas: schemas, folder: folder, crew: crew)
        for definition in definitions {
            let root = try builder.build(definition.root)
            root.mustConsolidate = true
            views[definition.name] = View(definition: definition, root: root, operators: Self.reachable(from: root))
        }
        images = builder.images
        operators = builder.operators
        levels = Self.levels(of: builder.operators)
        for node in builder.operators { node.crew = crew }
        relations = Set(images.keys)
        self.schemas = schemas
        for id in schemas.keys.sorted() {
            if let schema = schemas[id] { try route(id, schema) }
        }
        for (relation, image) in images {
            let known = schemas.filter { $0.value.relationID == relation }.keys.max()
            if let known, case .unreadable(_, let error) = routes[Int(known.rawValue)] { image.failure = error }
        }
        for name in definitions.map(\.name) where integralsOf.contains(name) {
            let integral = addKeptRows(of: name, ofChanges: false)
            views[name]?.integral = integral
        }
    }

    private static func levels(of operators: [Operator]) -> [[Operator]] {
        var levels: [[Operator]] = []
        var depths: [ObjectIdentifier: Int] = [:]
        for node in operators {
            let depth = node.inputs.reduce(0) { max($0, 1 + (depths[ObjectIdentifier($1)] ?? 0)) }
            depths[ObjectIdentifier(node)] = depth
            if depth == levels.count { levels.append([]) }
            levels[depth].append(node)
        }
        return levels
    }

    private static func reachable(from root: Operator) -> [Operator] {
        var found: [Operator] = []
        var seen: Set<ObjectIdentifier> = []
        var open = [root]
        while let next = open.popLast() {
            guard seen.insert(ObjectIdentifier(next)).inserted else { continue }
            found.append(next)
            open.append(contentsOf: next.inputs)
        }
        return found
    }

    // MARK: Input

    /// The views that cannot go on, and why; their deltas are empty from the epoch of the failure on.
    public var parked: [String: DataflowError] {
        views.compactMapValues { view in
            view.operators.lazy.compactMap(\.failure).first
        }
    }

    /// Takes note of a schema frame; `rewrite`, the loss or retyping of a column that is read, or another key parks the views above.
    ///
    /// A table is held by the key of the newest schema known to `init`; records of a schema with another key cannot be read.
    /// - Throws: `unknownSchema` when the id is taken by another schema.
    public func define(_ id: SchemaID, _ schema: RelationSchema) throws(DataflowError) {
        if let other = schemas[id], other != schema {
            throw DataflowError(
                .unknownSchema,
                "schema \(id) is defined twice",
                detail: "\(other.name), then \(schema.name)",
                relation: schema.name
            )
        }
        schemas[id] = schema
        try route(id, schema)
        guard let image = images[schema.relationID], image.failure == nil else { return }
        if case .unreadable(_, let error) = routes[Int(id.rawValue)] { image.failure = error }
        if let rewrite = schema.rewrite, image.hasRows {
            image.failure = DataflowError(
                .schemaChanged,
                "\(schema.name) was rewritten: \(rewrite)",
                hint: DataflowError.reloadHint,
                relation: schema.name
            )
        }
    }

    private func route(_ id: SchemaID, _ schema: RelationSchema) throws(DataflowError) {
        let place = Int(id.rawValue)
        guard place < 1 << 24 else { throw DataflowError(.unknownSchema, "schema id \(id) is out of range") }
        while routes.count <= place { routes.append(.unknown) }
        guard let image = images[schema.relationID] else {
            routes[place] = .ignored
            return
        }
        do throws(DataflowError) {
            try checkDropped(id, schema, image)
            guard schema.imageKey.map(\.attributeNumber) == image.key.map({ image.columns[$0].attributeNumber }) else {
                throw DataflowError(
                    .schemaChanged,
                    "the key of \(schema.name) is not the one the table is held by",
                    hint: DataflowError.reloadHint,
                    relation: schema.name
                )
            }
            routes[place] = .image(image, try RecordMap(schema, columns: image.columns, key: image.key))
        } catch {
            routes[place] = .unreadable(image, error)
        }
    }

    /// A column is dropped when an earlier schema had it; otherwise it is yet to come and reads as its missing value.
    private func checkDropped(_ id: SchemaID, _ schema: RelationSchema, _ image: TableImage) throws(DataflowError) {
        let present = Set(schema.columns.map(\.attributeNumber))
        let earlier = schemas.filter { $0.key < id && $0.value.relation == schema.relation }
        let known = Set(earlier.values.flatMap(\.columns).map(\.attributeNumber))
        for column in image.columns where !present.contains(column.attributeNumber) {
            guard known.contains(column.attributeNumber) else { continue }
            throw DataflowError(
                .schemaChanged,
                "column \"\(column.name)\" of \(schema.name) was dropped",
                hint: "leftfold plan",
                relation: schema.name
            )
        }
    }

    /// Stages one record, in log order. The record may be gone after the call.
    ///
    /// A record that is the *state* of its key, as in a compacted part of the log, is not checked against the rows that are there: an insert
    /// or update puts its row in the place of whatever the key has, a delete takes away what is there, and an update with another old key
    /// is both. An update still needs the row that it completes unchanged columns from. Relations without a key are checked as always.
    ///
    /// - Throws: `unknownSchema` when `define` was not called for the record's schema; `storage`.
    public func ingest(_ record: ChangeRecord, isState: Bool = false) throws(DataflowError) {
        let place = Int(record.schemaID.rawValue)
        ingestedCount &+= 1
        guard place < routes.count else { throw unknown(record.schemaID) }
        switch routes[place] {
        case .ignored: return
        case .image(let image, let map): try image.ingest(record, map, isState: isState)
        case .unreadable(let image, let error): if image.failure == nil { image.failure = error }
        case .unknown: throw unknown(record.schemaID)
        }
    }

    private func unknown(_ id: SchemaID) -> DataflowError {
        DataflowError(
            .unknownSchema,
            "a record has schema \(id), which no schema frame defined",
            hint: "leftfold log check"
        )
    }

    // MARK: Epochs

    /// Runs every operator over what was ingested since the last seal; once an epoch.
    ///
    /// - Throws: `storage`; the circuit must be built again.
    public func step() throws(DataflowError) {
        for level in levels {
            try crew.run(level.count, isSmall: isSmall) { index throws(DataflowError) in try level[index].run() }
        }
    }

    /// The change of a view's rows in this epoch: each row once, no weight 0, in a deterministic order.
    public func withDelta<Result, Failure: Error>(
        of view: String,
        _ body: (borrowing ZSet) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let view = self.view(view)
        guard view.operators.allSatisfy({ $0.failure == nil }) else { return try body(ZSet()) }
        return try body(view.root.delta)
    }

    /// The error rows below a view after this epoch; not empty means that the view is in error now. They heal by themselves.
    public func errors(of view: String) -> [ViewError] {
        var sum = ErrorCounts()
        for node in self.view(view).operators { sum.formSum(node.errors) }
        return sum.present
    }

    /// Ends the epoch: its deltas become part of the state.
    ///
    /// - Throws: `storage`; the circuit must be built again.
    public func seal() throws(DataflowError) {
        let operators = operators
        try crew.run(operators.count, isSmall: isSmall) { index throws(DataflowError) in try operators[index].finish() }
        ingestedCount = 0
    }

    private var isSmall: Bool { crew.isSmall(ingestedCount) }

    // MARK: Reading

    /// Every row of a view in `integralsOf`, as of the last step, in batches, in no particular order; nothing for a parked view.
    ///
    /// - Throws: what `body` throws; `storage`.
    public func forEachRow(of view: String, batch body: (borrowing ZSet) throws -> Void) throws {
        let view = self.view(view)
        guard let integral = view.integral else {
            preconditionFailure("forEachRow is for views in integralsOf whose integral was not dropped")
        }
        guard view.operators.allSatisfy({ $0.failure == nil }) else { return }
        try ViewRows(integral.arrangement).forEach(batch: body)
    }

    /// Takes the rows kept for `forEachRow` out of the circuit, as of the last seal; nil for a view without them and for a parked one,
    /// whose rows are freed.
    ///
    /// What of them is not in files is sorted in parts of `batchByteMax` bytes, where not all of them are in memory.
    public func takeRows(of name: String, batchByteMax: Int = 8 << 20) -> ViewRows? {
        let view = self.view(name)
        guard let integral = view.integral else { return nil }
        let isParked = !view.operators.allSatisfy { $0.failure == nil }
        dropIntegral(of: name)
        return isParked ? nil : ViewRows(integral.arrangement, batchByteMax: batchByteMax)
    }

    /// Whether rows are kept of a view.
    public func keepsRows(of name: String) -> Bool { view(name).integral != nil }

    /// Frees the rows kept for `forEachRow`.
    public func dropIntegral(of name: String) {
        guard let integral = view(name).integral else { return }
        views[name]?.integral = nil
        remove(integral, of: name)
    }

    func addKeptRows(of name: String, ofChanges: Bool) -> KeptRows {
        let view = view(name)
        let kept = KeptRows(of: view.definition, root: view.root, ofChanges: ofChanges, folder: folder, crew: crew)
        views[name]?.operators.append(kept)
        operators.append(kept)
        return kept
    }

    func remove(_ kept: KeptRows, of name: String) {
        views[name]?.operators.removeAll { $0 === kept }
        operators.removeAll { $0 === kept }
    }

    /// What each operator holds, inputs before their readers.
    public var statistics: [OperatorStatistics] {
        operators.map { node in
            OperatorStatistics(
                name: node.name,
                views: views.filter { $0.value.operators.contains { $0 === node } }.keys.sorted(),
                rowCount: node.rowCount,
                stateBytes: node.stateBytes
            )
        }
    }

    func view(_ name: String) -> View {
        guard let view = views[name] else { preconditionFailure("the circuit has no view \(name)") }
        return view
    }
}
