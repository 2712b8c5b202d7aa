import ViewPlan

/// The view files of a folder, compiled in the order of what reads what.
struct ViewFolder {
    let files: [(name: String, sql: String)]
    let compiler: ViewCompiler

    private struct Entry {
        var source: SourceText
        var statement: StatementSyntax
        var view: String
        /// Views of the folder that it names in FROM, with the place of the first time.
        var reads: [(view: String, location: Int?)] = []
    }

    typealias Outcome = (file: String, result: Result<ViewDefinition, ViewSQLError>)

    func compile() -> [Outcome] {
        var outcomes: [Outcome] = []
        var entries: [Entry] = []
        var failed: Set<String> = []
        for file in files {
            let source = ViewCompiler.source(file.sql, file.name)
            do throws(Diagnostic) {
                let statement = try SyntaxDecoder.decode(source)
                let view = statement.name ?? ViewCompiler.name(ofFile: file.name)
                if let other = entries.first(where: { $0.view == view }) {
                    throw Diagnostic(
                        .duplicateView,
                        "view \"\(view)\" already exists",
                        detail: "\(other.source.file) defines it.",
                        hint: "give one of them another name",
                        at: statement.location
                    )
                }
                entries.append(Entry(source: source, statement: statement, view: view))
            } catch {
                outcomes.append((file.name, .failure(source.error(error))))
                failed.insert(ViewCompiler.name(ofFile: file.name))
            }
        }
        failed.subtract(entries.map(\.view))
        failed = failed.filter { !compiler.hasRelation(named: $0) }
        let names = Set(entries.map(\.view)).union(failed)
        for index in entries.indices {
            entries[index].reads = Self.reads(of: entries[index].statement.select).filter { names.contains($0.view) }
        }
        compile(entries, failed, into: &outcomes)
        return outcomes
    }

    /// Compiles whatever reads only finished views, until nothing is left or what is left reads itself in a circle.
    private func compile(_ entries: [Entry], _ failedBefore: Set<String>, into outcomes: inout [Outcome]) {
        var waiting = entries
        var failed = failedBefore
        var done: [ViewDefinition] = []
        while !waiting.isEmpty {
            let open = Set(waiting.map(\.view))
            guard let index = waiting.firstIndex(where: { $0.reads.allSatisfy { !open.contains($0.view) } }) else {
                break
            }
            let entry = waiting.remove(at: index)
            do throws(Diagnostic) {
                if let broken = entry.reads.first(where: { failed.contains($0.view) }) {
                    throw Diagnostic(
                        .unusableDependency,
                        "view \"\(broken.view)\" cannot be read: its own file has an error",
                        hint: "correct that one first",
                        at: broken.location
                    )
                }
                let view = try compiler.with(views: done).compile(entry.statement, entry.source)
                done.append(view)
                outcomes.append((entry.source.file, .success(view)))
            } catch {
                failed.insert(entry.view)
                outcomes.append((entry.source.file, .failure(entry.source.error(error))))
            }
        }
        for entry in waiting { outcomes.append((entry.source.file, .failure(circle(entry, waiting)))) }
    }

    private func circle(_ entry: Entry, _ waiting: [Entry]) -> ViewSQLError {
        let open = Set(waiting.map(\.view))
        var path = [entry.view]
        var current = entry
        while let next = current.reads.first(where: { open.contains($0.view) })?.view {
            let isClosed = path.contains(next)
            path.append(next)
            guard !isClosed, let following = waiting.first(where: { $0.view == next }) else { break }
            current = following
        }
        let first = entry.reads.first { open.contains($0.view) }
        return entry.source.error(
            Diagnostic(
                .unusableDependency,
                "the view reads itself, or a view that does",
                detail: "It reads \(path.joined(separator: " → ")).",
                hint: "take one of these out of a FROM clause",
                at: first?.location
            )
        )
    }

    // MARK: Names in FROM

    static func reads(of select: SelectSyntax) -> [(view: String, location: Int?)] {
        var result: [(view: String, location: Int?)] = []
        collect(select, hidden: [], into: &result)
        return result
    }

    private static func collect(
        _ select: SelectSyntax,
        hidden: Set<String>,
        into result: inout [(view: String, location: Int?)]
    ) {
        var hidden = hidden
        for common in select.commonTables {
            collect(common.select, hidden: hidden, into: &result)
            hidden.insert(common.name)
        }
        for table in select.from { collect(table, hidden: hidden, into: &result) }
        for subquery in select.targets.flatMap(\.value.subqueries) {
            collect(subquery.select, hidden: hidden, into: &result)
        }
    }

    private static func collect(
        _ table: TableSyntax,
        hidden: Set<String>,
        into result: inout [(view: String, location: Int?)]
    ) {
        switch table {
        case .relation(let schema, let name, _, let location):
            if schema == nil, hidden.contains(name) { return }
            if !result.contains(where: { $0.view == name }) { result.append((name, location)) }
        case .subquery(let select, _, _): collect(select, hidden: hidden, into: &result)
        case .join(let join):
            collect(join.left, hidden: hidden, into: &result)
            collect(join.right, hidden: hidden, into: &result)
        }
    }
}
