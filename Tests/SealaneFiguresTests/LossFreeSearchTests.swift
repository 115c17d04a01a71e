import SealaneFigures
import Testing

@Suite struct LossFreeSearchTests {
    @Test("the search finds what a link carries, whether or not it stalls now and then", arguments: [0.0, 0.2])
    func search(stalls: Double) {
        let capacity = 440_000.0
        var state: UInt64 = 7
        let found = LossFreeSearch.rate(upTo: 1_000_000, steps: 10) { rate in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            if Double(state >> 40) / Double(1 << 24) < stalls { return 0.3 }
            return rate <= capacity ? 0 : 1 - capacity / rate
        }
        #expect(found * (1 - LossFreeSearch.tolerance) <= capacity)
        // A stall that comes twice in a row hides what is above; it is rare.
        #expect(found > (stalls == 0 ? 0.99 : 0.4) * capacity)
    }

    @Test("the search says 0 for a link that always loses, and the limit for one that never does")
    func searchEnds() {
        #expect(LossFreeSearch.rate(upTo: 1000, steps: 8) { _ in 1 } == 0)
        #expect(LossFreeSearch.rate(upTo: 1000, steps: 8) { _ in 0 } == 1000)
    }
}
