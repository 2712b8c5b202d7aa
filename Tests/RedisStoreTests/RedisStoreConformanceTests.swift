import RedisStore
import TestSupport
import Testing

@Suite struct RedisStoreConformanceTests {
    @Test(arguments: StoreClaim.cases(seeds: 2, without: [.rowsCanBeAdopted, .viewsChangePlaces]))
    func `a claim of every store`(claim: StoreClaim.Case) throws {
        try claim.check(StoreConformance(RedisPlace()))
    }
}

/// The same claims where next to every epoch is a journal that is put in place part by part.
@Suite struct RedisStorePartsTests {
    @Test(arguments: StoreClaim.cases(seeds: 1, without: [.largeEpoch, .rowsCanBeAdopted, .viewsChangePlaces]))
    func `a claim of every store`(claim: StoreClaim.Case) throws {
        try claim.check(StoreConformance(RedisPlace(options: .init(directKeyCount: 2))))
    }
}
