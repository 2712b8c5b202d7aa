import Expressions
import Relational
import Testing

@Suite struct CatalogTests {
    private func column(_ type: ScalarType, _ index: Int = 0) -> Expression { .column(index, type) }

    private func literal(_ text: String) -> Expression { .constant(.text(text), .unknown) }

    @Test func `integer and bigint add to bigint without a cast`() throws {
        let sum = try Catalog.call(operator: "+", [column(.int4), column(.int8, 1)])
        #expect(sum == .call(.int8Add, [column(.int4), column(.int8, 1)], .int8))
    }

    @Test func `integer and numeric meet at numeric`() throws {
        let product = try Catalog.call(operator: "*", [column(.int4), column(.numeric, 1)])
        #expect(product.type == .numeric)
        #expect(
            product
                == .call(
                    .numericMultiply,
                    [.call(.intToNumeric, [column(.int4)], .numeric), column(.numeric, 1)],
                    .numeric
                )
        )
    }

    @Test func `a literal takes the type of the other side`() throws {
        let comparison = try Catalog.call(operator: "=", [column(.int4), literal(" 42 ")])
        #expect(comparison == .call(.intEqual, [column(.int4), .constant(.int(42), .int4)], .bool))
    }

    @Test func `a literal that is no value of its type is an error when planned`() {
        #expect(throws: ResolutionError.self) { try Catalog.call(operator: "=", [column(.int4), literal("x")]) }
        do {
            _ = try Catalog.call(operator: "=", [column(.int4), literal("x")])
        } catch {
            #expect(error.message == "invalid input syntax for type integer: \"x\"")
        }
    }

    @Test func `an unknown operator is named as Postgres names it`() {
        do {
            _ = try Catalog.call(operator: "+", [column(.int4), column(.text)])
            Issue.record("integer + text was accepted")
        } catch {
            #expect(error.message == "operator does not exist: integer + text")
            #expect(error.code == .undefinedFunction)
        }
    }

    @Test func `text is ordered only under a byte-order collation`() throws {
        var localised = ScalarType.text
        localised.collation = Collation(name: "en_US", isByteOrder: false)
        #expect(throws: ResolutionError.self) {
            try Catalog.call(operator: "<", [column(localised), literal("x")])
        }
        let collated = try Catalog.collate(column(localised), .c)
        #expect(try Catalog.call(operator: "<", [collated, literal("x")]).type == .bool)
        #expect(try Catalog.call(operator: "=", [column(localised), literal("x")]).type == .bool)
    }

    @Test func `functions of the clock are refused with a reason`() {
        #expect(throws: ResolutionError.self) { try Catalog.call(function: "now", []) }
    }

    @Test func `aggregates have Postgres's result types`() throws {
        #expect(try Catalog.aggregate("sum", column(.int4)).resultType == .int8)
        #expect(try Catalog.aggregate("sum", column(.int8)).resultType == .numeric)
        #expect(try Catalog.aggregate("avg", column(.int2)).resultType == .numeric)
        #expect(try Catalog.aggregate("avg", column(.float4)).resultType == .float8)
        #expect(try Catalog.aggregate("sum", column(.float4)).resultType == .float4)
        #expect(try Catalog.aggregate("count", nil).resultType == .int8)
    }

    @Test func `the common type of integer, literal and numeric is numeric`() throws {
        let (expressions, type) = try Catalog.unify([literal("1.5"), column(.int4), column(.numeric, 1)], for: "CASE")
        #expect(type == .numeric)
        #expect(expressions.allSatisfy { $0.type == .numeric })
    }

    @Test func `listings are not empty and name no placeholder`() {
        for listing in [Catalog.operators, Catalog.functions, Catalog.casts, Catalog.aggregates] {
            #expect(!listing.isEmpty)
            #expect(listing.allSatisfy { $0.result != "unknown" && !$0.parameters.contains("unknown") })
        }
    }
}
