import ArgumentParser
import Foundation
import ParserFuzzing
import TestSupport

#if LibFuzzer

    // libFuzzer provides main() and has its own arguments, so an environment variable names the parser.
    private let parser: Parser = {
        do {
            return try Parser.named(ProcessInfo.processInfo.environment["SEALANE_FUZZ_PARSER"] ?? "")
        } catch {
            print("SEALANE_FUZZ_PARSER: \(error)")
            exit(2)
        }
    }()

    @_cdecl("LLVMFuzzerTestOneInput")
    package func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
        _ = parser.takes(parser.input(of: Array(UnsafeBufferPointer(start: bytes, count: count))))
        return 0
    }

#else

    /// The commands that `Tests/Fuzz/run` needs besides libFuzzer's program, which is slow and takes only libFuzzer's
    /// arguments.
    @main
    struct FuzzParsers: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "fuzz-parsers", abstract: "Times the parsers of untrusted input.",
            subcommands: [List.self, Seeds.self, Time.self])

        struct List: ParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Prints the names of the parsers, one per line.")

            func run() {
                for parser in Parser.all { print(parser.name) }
            }
        }

        struct Seeds: ParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Writes a parser's seed inputs.")

            @Argument(transform: Parser.named)
            var parser: Parser

            @Argument(help: "An existing folder.")
            var folder: String

            func run() throws {
                for (index, seed) in try parser.seeds().enumerated() {
                    try Data(seed).write(to: URL(filePath: folder).appending(path: "seed-\(index)"))
                }
            }
        }

        struct Time: ParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Times a parser on mutations of the files in a folder.",
                discussion: """
                    Leaves what took longest in the file "slowest" of the folder. Exits with 1 if more than one in a \
                    hundred takes longer than 1 ms.
                    """)

            @Argument(transform: Parser.named)
            var parser: Parser

            @Argument(help: "A folder with seed inputs.")
            var folder: String

            @Option(help: "The number of inputs.")
            var inputs = 100_000

            @Option(help: "The seed of the mutations.")
            var seed: UInt64 = 1

            func run() throws {
                let url = URL(filePath: folder)
                let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                let files = try names.map { Array(try Data(contentsOf: url.appending(path: $0))) }
                let run = try FuzzRun(of: parser, mutating: files, inputCount: inputs, seed: seed)
                try Data(run.slowest).write(to: url.appending(path: "slowest"))
                print("\(run): \(folder)/slowest")
                guard run.isFast else {
                    throw Failure("\(parser.name): expected 99 % within \(FuzzRun.limitMicroseconds) µs")
                }
            }
        }
    }

#endif
