import Testing
import ViewPlan
import ViewSQL

@Suite struct ViewFolderTests {
    private func compile(_ files: [(name: String, sql: String)]) -> [(file: String, outcome: String)] {
        Fixture.compiler.compileAll(files).map { file, result in
            switch result {
            case .success(let view): (file, view.name)
            case .failure(let error): (file, "\(error.line ?? 0):\(error.column ?? 0) \(error.message)")
            }
        }
    }

    @Test func `views come after the views they read`() {
        let outcomes = compile([
            ("c.sql", "SELECT n FROM b"), ("a.sql", "SELECT a AS n FROM t"),
            ("b.sql", "CREATE MATERIALIZED VIEW b AS WITH x AS (SELECT n FROM a) SELECT s.n FROM (SELECT n FROM x) s"),
        ])
        #expect(outcomes.map(\.outcome) == ["a", "b", "c"])
    }

    @Test func `a view comes after one that a subquery in its SELECT list reads`() {
        let outcomes = compile([
            ("a.sql", "SELECT a, (SELECT max(n) FROM b WHERE b.n = t.a) FROM t"), ("b.sql", "SELECT a AS n FROM t"),
        ])
        #expect(outcomes.map(\.outcome) == ["b", "a"])
    }

    @Test func `a circle is refused with its path, and whatever reads it too`() {
        let results = Fixture.compiler.compileAll([
            ("a.sql", "SELECT n FROM b"), ("b.sql", "SELECT n FROM a"), ("self.sql", "SELECT n FROM self"),
            ("ok.sql", "SELECT a FROM t"),
        ])
        #expect(results.map(\.file) == ["ok.sql", "a.sql", "b.sql", "self.sql"])
        let errors = results.compactMap { result -> ViewSQLError? in
            if case .failure(let error) = result.result { error } else { nil }
        }
        #expect(errors.map(\.detail) == ["It reads a → b → a.", "It reads b → a → b.", "It reads self → self."])
        #expect(errors.allSatisfy { $0.code == .unusableDependency && $0.line == 1 && $0.column == 15 })
    }

    @Test func `an error stays with its file and with those that read its view`() {
        let outcomes = compile([
            ("bad.sql", "SELECT nosuch FROM t"), ("broken.sql", "SELEC"), ("reads.sql", "SELECT x FROM bad"),
            ("reads_broken.sql", "SELECT x FROM broken"), ("ok.sql", "SELECT a FROM t"),
        ])
        let byFile = Dictionary(uniqueKeysWithValues: outcomes)
        #expect(byFile["ok.sql"] == "ok")
        #expect(byFile["bad.sql"] == "1:8 column \"nosuch\" does not exist")
        #expect(byFile["broken.sql"] == "1:1 syntax error at or near \"SELEC\"")
        #expect(byFile["reads.sql"] == "1:15 view \"bad\" cannot be read: its own file has an error")
        #expect(byFile["reads_broken.sql"] == "1:15 view \"broken\" cannot be read: its own file has an error")
    }

    @Test func `two files cannot define one view`() {
        let outcomes = compile([
            ("v.sql", "SELECT a FROM t"), ("w.sql", "CREATE MATERIALIZED VIEW v AS SELECT a FROM u"),
        ])
        #expect(outcomes.map(\.outcome) == ["1:26 view \"v\" already exists", "v"])
    }

    @Test func `a common table hides a view of its name`() {
        let outcomes = compile([("a.sql", "WITH b AS (SELECT a FROM t) SELECT a FROM b"), ("b.sql", "SELECT a FROM a")])
        #expect(outcomes.map(\.outcome) == ["a", "b"])
    }
}
