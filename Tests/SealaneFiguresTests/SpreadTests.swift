import SealaneFigures
import Testing

@Suite struct SpreadTests {
    @Test func `the median is the middle, and a percentile is the nearest rank`() throws {
        #expect(Spread([]) == nil)
        let odd = try #require(Spread([5, 1, 9]))
        #expect(odd.median == 5)
        #expect(odd.minimum == 1 && odd.maximum == 9)
        #expect(try #require(Spread([4, 1, 3, 2])).median == 2.5)
        let hundred = try #require(Spread((1...100).map(Double.init)))
        #expect(hundred.percentile(0.99) == 99)
        #expect(hundred.percentile(0.5) == 50)
        #expect(odd.percentile(0) == 1)
        #expect(odd.percentile(1) == 9)
    }
}
