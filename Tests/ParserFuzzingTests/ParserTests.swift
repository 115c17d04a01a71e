import ParserFuzzing
import Testing

/// What `make fuzz` does, for a moment and without libFuzzer.
@Suite("The parsers of what strangers send")
struct ParserTests {
    @Test("have names that folders can have, each its own")
    func names() {
        let names = Parser.all.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.wholeMatch(of: #/[a-z0-9][a-z0-9-]*/#) != nil }, "\(names)")
    }

    @Test("take all that their mutations begin with", arguments: Parser.all)
    func seeds(parser: Parser) throws {
        let seeds = try parser.seeds()
        #expect(!seeds.isEmpty)
        for (index, seed) in seeds.enumerated() {
            #expect(parser.takes(parser.input(of: seed)), "seed \(index)")
        }
    }

    @Test("read 99 in 100 mutations within 1 ms each, and none of them ends the process", arguments: Parser.all)
    func mutations(parser: Parser) throws {
        let run = try FuzzRun(of: parser, mutating: parser.seeds(), inputCount: 2000, seed: 0xF022)
        #expect(run.isFast, "\(run)")
    }
}
