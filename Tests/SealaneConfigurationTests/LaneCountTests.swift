import SealaneConfiguration
import Testing

struct LaneCountTests {
    @Test(arguments: [
        (0, 1), (1, 1), (2, 1), (3, 1), (4, 2), (7, 3), (8, 4), (31, 15), (32, 16), (33, 16), (512, 16),
    ])
    func `half the processors have a lane, one at least and 16 at most`(processors: Int, lanes: UInt8) {
        #expect(LaneCount.suggested(forProcessors: processors, firstPort: 7325) == lanes)
        #expect(lanes <= LaneCount.limit)
    }

    @Test(arguments: [(65_520, 16), (65_521, 15), (65_534, 2), (65_535, 1)] as [(UInt16, UInt8)])
    func `there are no more than ports`(port: UInt16, lanes: UInt8) {
        #expect(LaneCount.suggested(forProcessors: 512, firstPort: port) == lanes)
        #expect(LaneCount.most(fromPort: port) == Int(lanes))
    }
}
