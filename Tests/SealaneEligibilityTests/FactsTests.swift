import SealaneEligibility
import TestSupport
import Testing

@Suite("The facts of an instance")
struct FactsTests {
    @Test("behave like a dictionary whatever is set and removed")
    func likeDictionary() {
        var random = SeededRandom(seed: 5)
        for _ in 0..<500 {
            var (facts, model) = (Facts(), [FactName: Fact<String>]())
            for _ in 0..<Int.random(in: 0..<20, using: &random) {
                guard let name = FactName.allCases.randomElement(using: &random) else { continue }
                let value = ["", "a", nil].randomElement(using: &random) ?? nil
                let fact = value.map { Fact($0, Bool.random(using: &random) ? .stated : .certificate) }
                facts[name] = fact
                model[name] = fact
            }
            for name in FactName.allCases {
                #expect(facts[name] == model[name])
                #expect(facts.known(name) == (model[name]?.value.isEmpty == false ? model[name] : nil))
            }
            // Equal facts are equal, whatever the order in which they were set.
            var other = Facts()
            for name in FactName.allCases.shuffled(using: &random) { other[name] = model[name] }
            #expect(facts == other && facts.hashValue == other.hashValue)
        }
    }

    @Test("take two words and share one allocation between copies")
    func size() {
        #expect(MemoryLayout<Facts>.size <= 24)
        #expect(MemoryLayout<Claims>.size == 8)
    }
}
