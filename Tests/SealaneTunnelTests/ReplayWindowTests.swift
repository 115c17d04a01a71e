import SealaneTunnel
import TestSupport
import Testing

@Suite struct ReplayWindowTests {
    /// Remembers everything: slow and obvious.
    private struct Model {
        private var seen: Set<UInt64> = []
        private var greatest: UInt64?

        func isFresh(_ counter: UInt64) -> Bool {
            guard counter != .max, !seen.contains(counter) else { return false }
            guard let greatest, counter <= greatest else { return true }
            return greatest + 1 - counter <= ReplayWindow.span
        }

        func isNewest(_ counter: UInt64) -> Bool {
            counter != .max && greatest.map { counter > $0 } ?? true
        }

        mutating func record(_ counter: UInt64) {
            seen.insert(counter)
            greatest = max(greatest ?? 0, counter)
        }
    }

    @Test(
        "agrees with a model that remembers every counter, for counters that step, jump and fall back",
        arguments: 0..<40)
    func agreesWithModel(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var window = ReplayWindow()
        var model = Model()
        var position: UInt64 = seed % 3 == 0 ? 0 : UInt64.random(in: 0...1_000_000, using: &random)
        for _ in 0..<4000 {
            switch Int.random(in: 0..<20, using: &random) {
            case 0: position += UInt64.random(in: 0...20_000, using: &random)
            case 1: position += 64 * UInt64.random(in: 0...200, using: &random)
            default: position += UInt64.random(in: 0...3, using: &random)
            }
            let back = Bool.random(using: &random) ? UInt64.random(in: 0...9000, using: &random) : 0
            let counter = position > back ? position - back : 0
            let isFresh = window.isFresh(counter)
            #expect(isFresh == model.isFresh(counter))
            #expect(window.isNewest(counter) == model.isNewest(counter))
            if model.isFresh(counter) {
                window.record(counter)
                model.record(counter)
            }
        }
    }

    @Test("any counter may be the first, each is accepted once, and the last 64-bit value is never accepted")
    func edges() {
        var window = ReplayWindow()
        func expect(_ isFresh: Bool, _ counter: UInt64, _ place: SourceLocation = #_sourceLocation) {
            let answer = window.isFresh(counter)
            #expect(answer == isFresh, "counter \(counter)", sourceLocation: place)
        }
        expect(true, 0)
        window.record(0)
        expect(false, 0)
        window.record(ReplayWindow.span)
        expect(true, 1)
        expect(false, 0)
        window.record(.max - 1)
        expect(false, .max - 1)
        expect(false, .max)
        expect(true, .max - 2)
        expect(false, 5)
    }
}
