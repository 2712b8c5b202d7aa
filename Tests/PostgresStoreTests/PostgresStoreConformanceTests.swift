import TestSupport
import Testing

@Suite struct PostgresStoreConformanceTests {
    @Test(arguments: StoreClaim.cases(seeds: 2))
    func `a claim of every store`(claim: StoreClaim.Case) throws {
        // A B-tree has no room for a key of a megabyte.
        try claim.check(StoreConformance(try PostgresPlace(), promises: StorePromises(holdsHugeKeys: false)))
    }
}
