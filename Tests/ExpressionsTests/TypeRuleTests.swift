import Expressions
import Relational
import Testing

/// Collations, types carried as text, and what is refused on purpose.
@Suite struct TypeRuleTests {
    private let english = ScalarType(
        oid: .text,
        name: "text",
        collation: Collation(name: "en_US.utf8", isByteOrder: false)
    )
    private let mood = ScalarType(oid: TypeOID(16_500), name: "mood")

    private func literal(_ text: String) -> Expression { .constant(.text(text), .unknown) }

    private func refusal(_ body: () throws(ResolutionError) -> Expression) -> ResolutionError? {
        do throws(ResolutionError) {
            let expression = try body()
            Issue.record("accepted: \(expression)")
            return nil
        } catch {
            return error
        }
    }

    @Test func `an explicit collation wins over a column's, two explicit ones collide`() throws {
        let column = Expression.column(0, english)
        let collated = try Catalog.collate(column, .c)
        let compared = try Catalog.call(operator: "<", [collated, .column(1, english)])
        #expect(try Evaluation.text(of: compared, columns: [english, english], values: ["B", "a"]) == "t")
        let posix = try Catalog.collate(.column(1, english), Collation(name: "POSIX", isByteOrder: true))
        let error = refusal { () throws(ResolutionError) in try Catalog.call(operator: "<", [collated, posix]) }
        #expect(error?.code == .collationMismatch)
    }

    @Test func `a collation passes through functions and does not stop equality`() throws {
        let lowered = try Catalog.call(function: "lower", [.column(0, english)])
        #expect(lowered.type.collation == english.collation)
        let error = refusal { () throws(ResolutionError) in try Catalog.call(operator: ">=", [lowered, literal("a")]) }
        #expect(error?.code == .notSupported && error?.hint?.contains("COLLATE") == true)
        let equal = try Catalog.call(operator: "=", [lowered, literal("straße")])
        #expect(try Evaluation.text(of: equal, columns: [english], values: ["STRAßE"]) == "t")
    }

    @Test func `under collation C only ASCII letters change case`() throws {
        let upper = try Catalog.call(function: "upper", [try Catalog.collate(.column(0, english), .c)])
        #expect(try Evaluation.text(of: upper, columns: [english], values: ["aé"]) == "Aé")
    }

    @Test func `case mapping of a Turkish collation is refused`() {
        let turkish = ScalarType(oid: .text, name: "text", collation: Collation(name: "tr_TR.utf8", isByteOrder: false))
        let error = refusal { () throws(ResolutionError) in try Catalog.call(function: "lower", [.column(0, turkish)]) }
        #expect(error?.code == .notSupported)
    }

    @Test func `a type of the user's own is compared for equality and nothing else`() throws {
        let column = Expression.column(0, mood)
        let equal = try Catalog.call(operator: "=", [column, literal("happy")])
        #expect(try Evaluation.text(of: equal, columns: [mood], values: ["happy"]) == "t")
        let different = try Catalog.call(operator: "<>", [literal("sad"), column])
        #expect(try Evaluation.text(of: different, columns: [mood], values: ["happy"]) == "t")
        #expect(
            refusal { () throws(ResolutionError) in try Catalog.call(operator: "<", [column, column]) }?.code
                == .notSupported
        )
        #expect(
            refusal { () throws(ResolutionError) in try Catalog.call(function: "lower", [column]) }?.code
                == .notSupported
        )
        #expect(
            try Evaluation.text(of: Catalog.cast(column, to: .text, .explicit), columns: [mood], values: ["happy"])
                == "happy"
        )
    }

    @Test func `types whose equal values print differently are not compared`() {
        for type in [ScalarType.jsonb, .init(oid: .interval, name: "interval"), .init(oid: .json, name: "json")] {
            #expect(Catalog.equalityRefusal(type) != nil)
            let error = refusal { () throws(ResolutionError) in
                try Catalog.call(operator: "=", [.column(0, type), .column(1, type)])
            }
            #expect(error != nil)
        }
        let arrays = [(1231, "numeric[]"), (1185, "timestamp with time zone[]")]
        #expect(Catalog.equalityRefusal(ScalarType(oid: TypeOID(UInt32(arrays[0].0)), name: arrays[0].1)) != nil)
        #expect(Catalog.equalityRefusal(ScalarType(oid: TypeOID(UInt32(arrays[1].0)), name: arrays[1].1)) == nil)
        #expect(!Catalog.isEqualityComparable(ScalarType(oid: .bpchar, name: "character")))
        #expect(Catalog.isEqualityComparable(ScalarType(oid: .bpchar, typmod: 14, name: "character(10)")))
    }

    @Test func `trailing blanks of character(n) do not count in a comparison`() throws {
        let code = ScalarType(oid: .bpchar, typmod: 14, name: "character(10)")
        let equal = try Catalog.call(operator: "=", [.column(0, code), literal("BUILDING")])
        #expect(try Evaluation.text(of: equal, columns: [code], values: ["BUILDING  "]) == "t")
        #expect(Catalog.equalitySides(equal) == nil)
    }

    @Test func `the sides of a join condition come out with one type`() throws {
        let equal = try Catalog.call(operator: "=", [.column(0, .int4), .column(1, .int8)])
        let sides = try #require(Catalog.equalitySides(equal))
        #expect(sides.left.type == .int8 && sides.right.type == .int8)
        #expect(Catalog.equalitySides(try Catalog.call(operator: "<", [.column(0, .int4), .column(1, .int4)])) == nil)
    }

    @Test func `a common type keeps a modifier that all agree on`() throws {
        let money = ScalarType(oid: .numeric, typmod: (12 << 16 | 2) + 4, name: "numeric(12,2)")
        let two = ScalarType(oid: .numeric, typmod: (10 << 16 | 3) + 4, name: "numeric(10,3)")
        #expect(try Catalog.unify([.column(0, money), .column(1, money)], for: "UNION").type == money)
        #expect(try Catalog.unify([.column(0, money), .column(1, two)], for: "UNION").type == .numeric)
    }

    @Test func `a misspelled field is an error when planned`() {
        let error = refusal { () throws(ResolutionError) in
            try Catalog.call(function: "date_trunc", [literal("mont"), .column(0, .timestamp)])
        }
        #expect(error?.code == .invalidParameterValue)
        let hour = refusal { () throws(ResolutionError) in
            try Catalog.call(function: "extract", [literal("hour"), .column(0, .date)])
        }
        #expect(hour?.code == .notSupported)
    }

    @Test func `what changes without a change in the source is refused`() {
        for name in ["now", "random", "clock_timestamp", "nextval"] {
            let error = refusal { () throws(ResolutionError) in try Catalog.call(function: name, []) }
            #expect(error?.code == .notSupported && error?.detail != nil)
        }
    }
}
