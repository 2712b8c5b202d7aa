import TestSupport
import Testing

@Suite struct SQLiteStoreConformanceTests {
    @Test(arguments: StoreClaim.cases(seeds: 8))
    func `a claim of every store`(claim: StoreClaim.Case) throws {
        try claim.check(StoreConformance(try SQLitePlace()))
    }
}
