import Relational

/// Makes a relation's schema out of what the stream says, what the catalog says and what the log knows. Pure.
///
/// The stream's relation message says which columns come, in which order; the catalog says what they are, but may already be
/// ahead of the stream; the log knows what they were. A column's identity is its attribute number:
/// 1. When every column of the message is in the catalog under its name and type, in the catalog's order, the catalog is taken.
/// 2. Else, when the message says what the log knows, that is kept.
/// 3. Else each column is looked up by name, first in the log, then in the catalog; columns that neither knows lie between
///    their neighbours' numbers, where a single attribute (renamed or dropped since) may fit. When several fit, or none, rows
///    already in the log cannot be told to match, and the schema says so in `rewrite`.
enum SchemaResolver {
    /// The schema that the catalog alone gives, of the columns that are published (nil: all that can be).
    static func schema(of catalog: CatalogRelation, publishedColumns: [String]? = nil) -> RelationSchema {
        let attributes = catalog.attributes.filter {
            !$0.isDropped && (publishedColumns.map { $0.contains } ?? { _ in true })($0.name)
                && (!$0.isGenerated || publishedColumns != nil)
        }
        return build(catalog.relation, catalog.name, catalog.replicaIdentity, attributes.map(column), catalog, nil)
    }

    /// The schema from a relation message on.
    static func resolve(
        _ message: RelationMessage,
        known: RelationSchema?,
        catalog: CatalogRelation?
    ) -> RelationSchema {
        var ambiguity: String?
        let columns: [Column]
        if let catalog, let matched = match(message, catalog) {
            columns = matched.map(column)
        } else if let known, matches(message, known) {
            columns = known.columns
        } else {
            (columns, ambiguity) = align(message, known, catalog)
        }
        var schema = build(
            message.relation,
            message.name,
            message.replicaIdentity,
            columns,
            catalog,
            message.columns.indices.filter { message.columns[$0].isIdentity }
        )
        if catalog == nil, let known { keepKeys(of: known, in: &schema) }
        if let known {
            if known.columns == schema.columns, known.name == schema.name, known.primaryKey == schema.primaryKey,
                known.uniqueKeys == schema.uniqueKeys, known.identityColumns == schema.identityColumns,
                known.replicaIdentity == schema.replicaIdentity
            {
                return known
            }
            schema.rewrite = ambiguity ?? RewriteRule.reason(from: known, to: schema, catalog)
        }
        return schema
    }

    /// The schema with columns that turned out to hold NULL after all; a key with one of them is none yet.
    static func loosened(_ schema: RelationSchema, columns: [Int]) -> RelationSchema {
        var schema = schema
        for column in columns { schema.columns[column].isNotNull = false }
        schema.uniqueKeys.removeAll { $0.contains(where: columns.contains) }
        if schema.primaryKey.contains(where: columns.contains) { schema.primaryKey = [] }
        schema.rewrite = nil
        return schema
    }

    static func column(_ attribute: CatalogRelation.Attribute) -> Column {
        Column(
            name: attribute.name,
            attributeNumber: attribute.number,
            type: attribute.type,
            isNotNull: attribute.isNotNull,
            missingValue: attribute.missingValue
        )
    }

    private static func fits(_ column: RelationMessage.Column, _ attribute: CatalogRelation.Attribute) -> Bool {
        if attribute.declaredType == column.type {
            return attribute.type.oid != column.type || attribute.type.typmod == column.typmod
        }
        return false
    }

    private static func match(
        _ message: RelationMessage,
        _ catalog: CatalogRelation
    ) -> [CatalogRelation.Attribute]? {
        var matched: [CatalogRelation.Attribute] = []
        var rest = catalog.attributes.filter { !$0.isDropped }[...]
        for column in message.columns {
            guard let place = rest.firstIndex(where: { $0.name == column.name }), fits(column, rest[place]) else {
                return nil
            }
            matched.append(rest[place])
            rest = rest[(place + 1)...]
        }
        return matched
    }

    private static func matches(_ message: RelationMessage, _ known: RelationSchema) -> Bool {
        message.columns.count == known.columns.count
            && zip(message.columns, known.columns).allSatisfy {
                $0.name == $1.name && $0.type == $1.type.oid && $0.typmod == $1.type.typmod
            }
    }

    private static func align(
        _ message: RelationMessage,
        _ known: RelationSchema?,
        _ catalog: CatalogRelation?
    ) -> ([Column], ambiguity: String?) {
        let attributes = catalog?.attributes ?? []
        let names = Set(message.columns.map(\.name))
        var fixed: [Column?] = message.columns.map { wanted in
            if let column = known?.columns.first(where: { $0.name == wanted.name && $0.type.oid == wanted.type }) {
                return column
            }
            return attributes.first { $0.name == wanted.name && fits(wanted, $0) }.map(column)
        }
        // Numbers grow along the tuple; a name that breaks this was moved to another column since.
        var highest: Int16 = 0
        for index in fixed.indices {
            guard let column = fixed[index] else { continue }
            if column.attributeNumber <= highest { fixed[index] = nil } else { highest = column.attributeNumber }
        }
        var ambiguity: String?
        for index in fixed.indices where fixed[index] == nil {
            let lower = fixed[..<index].last.flatMap { $0?.attributeNumber } ?? 0
            let upper = fixed[index...].lazy.compactMap { $0?.attributeNumber }.first ?? Int16.max
            let wanted = message.columns[index]
            let candidates = attributes.filter {
                $0.number > lower && $0.number < upper && !names.contains($0.name)
                    && ($0.isDropped || fits(wanted, $0))
            }
            if candidates.count != 1 {
                ambiguity = "column \(wanted.name) was renamed or dropped while nobody followed the table"
            }
            let type = candidates.first { !$0.isDropped }?.type
            fixed[index] = Column(
                name: wanted.name,
                attributeNumber: candidates.first?.number ?? min(lower + 1, upper),
                type: type ?? ScalarType(oid: wanted.type, typmod: wanted.typmod, name: "oid \(wanted.type)")
            )
        }
        return (fixed.compactMap(\.self), ambiguity)
    }

    private static func build(
        _ relation: RelationID,
        _ name: QualifiedName,
        _ identity: ReplicaIdentity,
        _ columns: [Column],
        _ catalog: CatalogRelation?,
        _ messageIdentity: [Int]?
    ) -> RelationSchema {
        func indexes(_ attributes: [Int16]) -> [Int]? {
            let found = attributes.compactMap { number in columns.firstIndex { $0.attributeNumber == number } }
            return found.count == attributes.count ? found : nil
        }
        let unique = catalog?.uniqueIndexes ?? []
        var primaryKey = unique.first(where: \.isPrimary).flatMap { indexes($0.attributes) } ?? []
        let uniqueKeys = unique.filter { !$0.isPrimary }.compactMap { indexes($0.attributes) }
            .filter { $0.allSatisfy { columns[$0].isNotNull } }
        var identityColumns: [Int] =
            switch identity {
            case .default: unique.contains { $0.isPrimary && $0.isImmediate } ? primaryKey : []
            case .nothing: []
            case .full: Array(columns.indices)
            case .index: unique.first(where: \.isReplicaIdentity).flatMap { indexes($0.attributes) } ?? []
            }
        if let messageIdentity, Set(messageIdentity) != Set(identityColumns) {
            identityColumns = messageIdentity
            // The catalog is ahead: this is the primary key that the rows of now have.
            if identity == .default, !messageIdentity.isEmpty { primaryKey = messageIdentity }
        }
        return RelationSchema(
            relation: relation,
            name: name,
            columns: columns,
            primaryKey: primaryKey,
            uniqueKeys: uniqueKeys,
            replicaIdentity: identity,
            identityColumns: identityColumns
        )
    }

    /// Without a catalog (the table was dropped since) keys are what they were, as far as their columns are still there.
    private static func keepKeys(of known: RelationSchema, in schema: inout RelationSchema) {
        func moved(_ key: [Int]) -> [Int]? {
            let moved = key.compactMap { old in
                schema.columns.firstIndex { $0.attributeNumber == known.columns[old].attributeNumber }
            }
            return moved.count == key.count ? moved : nil
        }
        schema.primaryKey = moved(known.primaryKey) ?? []
        schema.uniqueKeys = known.uniqueKeys.compactMap(moved)
    }
}
