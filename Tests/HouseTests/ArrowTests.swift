import Foundation
import Testing

@Suite("The arrows between the modules")
struct ArrowTests {
    /// What each module may import: first ours, then other people's. Arrows point down only.
    private static let allowed: [String: Set<String>] = [
        "CSodium": [],
        "CIPsecMB": [],
        "CLinux": [],

        "SealaneLock": ["Synchronization"],

        // Pure: no I/O, no clock, no Foundation.
        "SealanePacket": [],
        "SealaneAEAD": ["SealaneLock", "CSodium", "CIPsecMB", "Synchronization"],
        "SealaneTunnel": ["SealaneAEAD", "SealanePacket", "CSodium"],
        "SealaneEligibility": ["SealanePacket"],
        // Pure as well; dates and JSON of its reports.
        "SealaneFigures": ["FoundationEssentials"],

        // The only module that makes system calls.
        "SealaneLinux": ["SealaneLock", "SealanePacket", "CLinux", "Glibc", "Dispatch"],

        "SealaneHTTP": ["NIOCore", "NIOPosix", "NIOHTTP1"],
        "SealaneIdentity": [
            "SealaneEligibility", "SealaneTunnel", "SealanePacket", "SealaneAEAD", "SealaneLinux",
            "SealaneHTTP", "FoundationEssentials", "X509", "SwiftASN1", "Crypto", "CryptoExtras", "NIOCore", "NIOHTTP1",
        ],
        "SealaneFleet": [
            "SealaneEligibility", "SealaneIdentity", "SealaneTunnel", "SealanePacket", "SealaneLinux",
            "FoundationEssentials", "Subprocess", "Yams",
        ],
        "SealaneConfiguration": [
            "SealaneEligibility", "SealaneIdentity", "SealaneFleet", "SealaneTunnel", "SealanePacket", "SealaneAEAD",
            "SealaneLinux", "FoundationEssentials", "Logging", "Yams",
        ],
        "SealaneControl": [
            "SealaneEligibility", "SealaneHTTP", "SealaneIdentity", "SealaneFleet", "SealaneLinux",
            "FoundationEssentials", "NIOCore", "NIOHTTP1",
        ],
        "SealaneConsole": [
            "SealaneConfiguration", "SealaneControl", "SealaneEligibility", "SealaneFigures", "SealaneIdentity",
            "SealaneFleet", "SealaneTunnel", "SealanePacket", "SealaneLinux", "FoundationEssentials",
        ],
        "SealaneDataplane": ["SealaneTunnel", "SealanePacket", "SealaneAEAD", "SealaneLinux", "Synchronization"],
        "SealaneAgent": [
            "SealaneConfiguration", "SealaneControl", "SealaneEligibility", "SealaneIdentity", "SealaneFleet",
            "SealaneTunnel", "SealanePacket", "SealaneAEAD", "SealaneLinux", "SealaneDataplane", "FoundationEssentials",
            "Synchronization", "Logging", "NIOCore", "NIOPosix", "NIOHTTP1",
        ],
        "SealaneBench": [
            "SealaneEligibility", "SealaneFigures", "SealaneLinux", "SealanePacket", "FoundationEssentials",
            "Synchronization", "NIOCore", "NIOPosix", "Subprocess",
        ],
        "sealaned": [
            "SealaneAgent", "SealaneConfiguration", "SealaneControl", "SealaneLinux", "ArgumentParser", "Logging",
        ],
        // Neither the agent nor its dataplane: the command asks, and shows.
        "sealane": [
            "SealaneBench", "SealaneConfiguration", "SealaneConsole", "SealaneControl", "SealaneFigures",
            "SealaneFleet", "SealaneIdentity", "SealaneEligibility", "SealaneTunnel", "SealaneLinux", "SealanePacket",
            "ArgumentParser", "FoundationEssentials",
        ],
    ]

    @Test("every module is in the plan, and every module of the plan has sources")
    func plan() throws {
        #expect(try House.modules() == Self.allowed.keys.sorted())
        let swift = Set(try House.sources().map(\.module))
        #expect(swift == Set(Self.allowed.keys).subtracting(["CSodium", "CIPsecMB", "CLinux"]))
    }

    @Test("no source file imports what its module may not")
    func imports() throws {
        let forbidden = try House.sources().flatMap { file in
            file.imports.subtracting(Self.allowed[file.module] ?? []).sorted().map { "\(file.path) imports \($0)" }
        }
        #expect(forbidden.isEmpty, "\(forbidden.joined(separator: "\n"))")
    }

    @Test("the plan has no circle")
    func noCircle() {
        // Takes away what imports nothing that is left, as long as there is such a module.
        var open = Set(Self.allowed.keys)
        while let next = open.first(where: { Self.allowed[$0, default: []].isDisjoint(with: open) }) {
            open.remove(next)
        }
        #expect(open.isEmpty)
    }

    @Test("the plan gives system calls to one module, the C library for cryptography to two, and Foundation to none")
    func owners() {
        func owners(of name: String) -> [String] { Self.allowed.filter { $0.value.contains(name) }.keys.sorted() }
        #expect(owners(of: "Glibc") == ["SealaneLinux"])
        #expect(owners(of: "CLinux") == ["SealaneLinux"])
        #expect(owners(of: "CSodium") == ["SealaneAEAD", "SealaneTunnel"])
        #expect(owners(of: "CIPsecMB") == ["SealaneAEAD"])
        #expect(owners(of: "Foundation").isEmpty)
    }

    @Test(
        "an import is seen in every way it can be written",
        arguments: [
            ("import Glibc", "Glibc"), ("  import  Glibc  // why", "Glibc"), ("public import Glibc", "Glibc"),
            ("@preconcurrency import Glibc", "Glibc"), ("@_spi(CMS) @testable import X509", "X509"),
            ("@_implementationOnly private import CLinux", "CLinux"), ("import struct Foundation.Data", "Foundation"),
            ("import func Glibc.getuid", "Glibc"), ("import Glibc.stdlib", "Glibc"), ("// import Glibc", nil),
            ("importantWork()", nil), ("let text = \"import Glibc\"", nil),
        ])
    func everyForm(line: String, module: String?) {
        #expect(importedModule(line[...]) == module)
    }
}
