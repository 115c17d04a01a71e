import SealaneFigures
import Testing

@Suite struct LossFreeSearchTests {
    @Test(arguments: [0.0, 0.2])
    func `the search finds the capacity of a link, even if it stalls now and then`(stalls: Double) {
        let capacity = 440_000.0
        var state: UInt64 = 7
        let found = LossFreeSearch.rate(upTo: 1_000_000, steps: 10) { rate in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            if Double(state >> 40) / Double(1 << 24) < stalls { return 0.3 }
            return rate <= capacity ? 0 : 1 - capacity / rate
        }
        #expect(found * (1 - LossFreeSearch.tolerance) <= capacity)
        // Two stalls in a row hide the capacity above; that is rare.
        #expect(found > (stalls == 0 ? 0.99 : 0.4) * capacity)
    }

    @Test func `the search returns 0 for a link that always loses and the limit for one that never does`() {
        #expect(LossFreeSearch.rate(upTo: 1000, steps: 8) { _ in 1 } == 0)
        #expect(LossFreeSearch.rate(upTo: 1000, steps: 8) { _ in 0 } == 1000)
    }
}

@Suite struct LossFreeSearchStepsTests {
    /// Offers rates until the search is over.
    private func offered(_ search: inout LossFreeSearch, capacity: Double) -> [Double] {
        var offered: [Double] = []
        while let rate = search.next {
            offered.append(rate)
            search.record(loss: rate <= capacity ? 0 : 0.5)
        }
        return offered
    }

    @Test func `the search doubles a passing rate until one fails or the limit is reached`() {
        var search = LossFreeSearch(upTo: 1000, startingAt: 100, steps: 2)
        #expect(offered(&search, capacity: 450) == [100, 200, 400, 800, 800, 600, 600, 500, 500])
        #expect(search.rate == 400)
        #expect(search.resolution == 100)
        var open = LossFreeSearch(upTo: 1000, startingAt: 300, steps: 2)
        #expect(offered(&open, capacity: 5000) == [300, 600, 1000])
        #expect(open.rate == 1000)
        #expect(open.resolution == 0)
    }

    @Test func `the search halves a failing rate until one passes, then bisects`() {
        var search = LossFreeSearch(upTo: 1000, startingAt: 800, steps: 1)
        #expect(offered(&search, capacity: 100) == [800, 800, 400, 400, 200, 200, 100, 150, 150])
        #expect(search.rate == 100)
        #expect(search.resolution == 50)
    }

    @Test func `the search ends if the loss is not a number`() {
        var search = LossFreeSearch(upTo: 1000, steps: 1)
        for _ in 0..<100 where search.next != nil { search.record(loss: .nan) }
        #expect(search.next == nil)
        #expect(search.rate == 0)
    }
}
