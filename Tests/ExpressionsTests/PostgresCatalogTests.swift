@testable import Expressions
import TestSupport
import Testing

/// The catalog's tables against the system catalog of a live server: nothing missing, nothing invented.
@Suite struct PostgresCatalogTests {
    private func rows(_ sql: String) throws -> Set<String> {
        Set(try Oracle.server.get().execute(sql).split(separator: "\n").map(String.init))
    }

    private func list(_ names: some Collection<String>) -> String {
        "(" + names.map { "'\($0)'" }.joined(separator: ", ") + ")"
    }

    private func compare(_ ours: Set<String>, _ theirs: Set<String>) {
        #expect(ours.subtracting(theirs).sorted() == [], "not in the server's catalog")
        #expect(theirs.subtracting(ours).sorted() == [], "missing here")
    }

    @Test func `operators of the names listed are the server's`() throws {
        let ours = PostgresCatalog.operators.flatMap { name, candidates in
            candidates.map { "\(name) \($0.parameters.joined(separator: ",")) \($0.result) \($0.source)" }
        }
        let theirs = try rows(
            """
            SELECT oprname || ' ' || CASE WHEN oprleft = 0 THEN '' ELSE l.typname || ',' END || r.typname || ' ' || t.typname
              || ' ' || CASE WHEN prolang = 14 THEN '-' ELSE prosrc END
            FROM pg_operator o LEFT JOIN pg_type l ON l.oid = oprleft JOIN pg_type r ON r.oid = oprright
              JOIN pg_type t ON t.oid = oprresult JOIN pg_proc p ON p.oid = oprcode
            WHERE oprname IN \(list(PostgresCatalog.operators.keys))
            """
        )
        compare(Set(ours), theirs)
    }

    @Test func `functions and aggregates of the names listed are the server's`() throws {
        let functions = PostgresCatalog.functions.flatMap { name, candidates in
            candidates.map { "\(name) \($0.parameters.joined(separator: ",")) \($0.result) \($0.source)" }
        }
        let aggregates = PostgresCatalog.aggregates.flatMap { name, candidates in
            candidates.map { "\(name) \($0.parameters.joined(separator: ",")) \($0.result) -" }
        }
        let names = Array(PostgresCatalog.functions.keys) + Array(PostgresCatalog.aggregates.keys)
        let theirs = try rows(
            """
            SELECT proname || ' ' || array_to_string(ARRAY(SELECT typname FROM unnest(proargtypes) WITH ORDINALITY a (o, n)
                JOIN pg_type ON pg_type.oid = o ORDER BY n), ',') || ' ' || t.typname
              || ' ' || CASE WHEN prolang = 14 OR prokind = 'a' THEN '-' ELSE prosrc END
            FROM pg_proc p JOIN pg_type t ON t.oid = prorettype
            WHERE pronamespace = 'pg_catalog'::regnamespace AND proname IN \(list(names))
            """
        )
        compare(Set(functions + aggregates), theirs)
    }

    @Test func `casts are the server's`() throws {
        let ours = PostgresCatalog.casts.map { key, entry in
            "\(key.source) \(key.target) \("\(entry.context)".prefix(1)) \(entry.isBinary) \(entry.source)"
        }
        let theirs = try rows(
            """
            SELECT s.typname || ' ' || t.typname || ' ' || castcontext::text || ' ' || (castmethod = 'b')::text || ' '
              || CASE WHEN castfunc = 0 OR prolang = 14 THEN '-' ELSE prosrc END
            FROM pg_cast JOIN pg_type s ON s.oid = castsource JOIN pg_type t ON t.oid = casttarget
              LEFT JOIN pg_proc p ON p.oid = castfunc WHERE castsource <> casttarget
            """
        )
        compare(Set(ours), theirs)
    }

    @Test func `types have the server's category, element and display name`() throws {
        let ours = PostgresCatalog.types.map {
            "\($0.name) \($0.oid) \($0.category) \($0.isPreferred) \($0.element) \($0.displayName)"
        }
        let theirs = try rows(
            """
            SELECT typname || ' ' || oid || ' ' || typcategory::text || ' ' || typispreferred::text || ' ' || typelem || ' '
              || format_type(oid, NULL)
            FROM pg_type WHERE oid < 10000
            """
        )
        #expect(Set(ours).subtracting(theirs).sorted() == [])
        let used = Set(
            (PostgresCatalog.operators.values.flatMap { $0 } + PostgresCatalog.functions.values.flatMap { $0 })
                .flatMap { $0.parameters + [$0.result] }
        )
        #expect(used.subtracting(ours.map { String($0.prefix { $0 != " " }) }) == [])
    }

    @Test func `everything that a table maps to Leftfold stands in the server's catalog`() {
        let sources = Set(
            (PostgresCatalog.operators.values.flatMap { $0 } + PostgresCatalog.functions.values.flatMap { $0 }).map(
                \.source
            )
        )
        for source in Implementations.bySource.keys where !source.contains("(") {
            #expect(sources.contains(source), "\(source)")
        }
        let casts = Set(PostgresCatalog.casts.values.map(\.source))
        for source in Implementations.casts.keys { #expect(casts.contains(source), "\(source)") }
    }
}
