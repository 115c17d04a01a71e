// swift-tools-version: 6.2
import Foundation
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error), .swiftLanguageMode(.v6)]

// Intel's IPsec-MB where it is installed (Debian's libipsec-mb-dev, x86-64 only), linked statically. SwiftPM keeps what this
// file gave while contents and environment are the same: the Makefile passes IPSEC_MB, which changes with the header.
let hasIPsecMB =
    FileManager.default.fileExists(atPath: "/usr/include/intel-ipsec-mb.h")
    && ["/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"].contains { folder in
        FileManager.default.fileExists(atPath: "\(folder)/libIPSec_MB.a")
    }
// Set by `make bench` alone, for programs that measure what is left without a cipher. They encrypt nothing.
let hasNoCipher = Context.environment["SEALANE_BENCHMARK_WITHOUT_CIPHER"] == "1"
// Set by `make fuzz` alone: libFuzzer has the main function then.
let isFuzzing = Context.environment["SEALANE_FUZZING"] == "1"

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
]
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

// Exact versions: what is built is what was tested, and what was looked at for known faults. A range would take versions that
// nobody here has seen, and older ones: swift-crypto up to and including 4.5.0 has CVE-2026-43823, a double free where an RSA public
// key cannot be read, which any configured peer could provoke with a certificate. To take a new version: change it here, look
// through what it changes, and run all tests.
let dependencies: [Package.Dependency] = [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
    .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2", traits: []),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
]

let package = Package(
    name: "sealane",
    products: [
        .executable(name: "sealaned", targets: ["sealaned"]),
        .executable(name: "sealane", targets: ["sealane"]),
    ],
    dependencies: dependencies,
    targets: [
        // C interop: what Swift's importer cannot see. No logic.
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CLinux", pkgConfig: "libnl-route-3.0", providers: [.apt(["libnl-route-3-dev"])]),

        // Pure: no I/O, no clock, no randomness of their own.
        .target(name: "SealanePacket", swiftSettings: strict),
        .target(
            name: "SealaneAEAD", dependencies: hasIPsecMB ? ["CSodium", "CIPsecMB"] : ["CSodium"],
            swiftSettings: strict + (hasIPsecMB ? [.define("IPsecMB")] : [])
                + (hasNoCipher ? [.define("NoCipher")] : []),
            linkerSettings: hasIPsecMB ? [.linkedLibrary(":libIPSec_MB.a")] : []),
        .target(
            name: "SealaneTunnel", dependencies: ["SealaneAEAD", "SealanePacket", "CSodium"], swiftSettings: strict),
        .target(name: "SealaneEligibility", dependencies: ["SealanePacket"], swiftSettings: strict),

        // Measurements for people: statistics, tables, charts, and the report of `sealane bench`.
        .target(name: "SealaneFigures", swiftSettings: strict),

        // The only module that makes system calls.
        .target(name: "SealaneLinux", dependencies: ["CLinux", "SealanePacket"], swiftSettings: strict),

        // One request at a time, for those who ask the agent or the instance metadata service.
        .target(name: "SealaneHTTP", dependencies: nio, swiftSettings: strict),

        .target(
            name: "SealaneIdentity",
            dependencies: [
                "SealaneEligibility", "SealaneTunnel", "SealanePacket", "SealaneAEAD", "SealaneLinux", x509, asn1,
                crypto, cryptoExtras, "SealaneHTTP", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .target(
            name: "SealaneFleet",
            dependencies: [
                "SealaneEligibility", "SealaneIdentity", "SealaneTunnel", "SealanePacket", "SealaneLinux", subprocess,
                yams,
            ],
            swiftSettings: strict),
        // The configuration file, the files that it names, and how it agrees with the host: for the agent and the command.
        .target(
            name: "SealaneConfiguration",
            dependencies: [
                "SealaneEligibility", "SealaneIdentity", "SealaneFleet", "SealaneTunnel", "SealanePacket",
                "SealaneAEAD", "SealaneLinux", logging, yams,
            ],
            swiftSettings: strict),
        // The control API as both ends see it: reports, errors, routes, and the client.
        .target(
            name: "SealaneControl",
            dependencies: [
                "SealaneEligibility", "SealaneHTTP", "SealaneIdentity", "SealaneFleet", "SealaneLinux",
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: strict),
        // What people see in a terminal.
        .target(
            name: "SealaneConsole",
            dependencies: [
                "SealaneConfiguration", "SealaneControl", "SealaneEligibility", "SealaneFigures", "SealaneFleet",
                "SealaneIdentity", "SealaneLinux", "SealanePacket", "SealaneTunnel",
            ],
            swiftSettings: strict),
        .target(
            name: "SealaneDataplane",
            dependencies: ["SealaneTunnel", "SealanePacket", "SealaneAEAD", "SealaneLinux"], swiftSettings: strict),
        .target(
            name: "SealaneAgent",
            dependencies: [
                "SealaneConfiguration", "SealaneControl", "SealaneEligibility", "SealaneIdentity", "SealaneFleet",
                "SealaneTunnel", "SealanePacket", "SealaneAEAD", "SealaneLinux", "SealaneDataplane", logging, lifecycle,
                signals,
            ] + nio,
            swiftSettings: strict),
        // `sealane bench`: what measures, on both hosts.
        .target(
            name: "SealaneBench",
            dependencies: [
                "SealaneEligibility", "SealaneFigures", "SealaneLinux", "SealanePacket", signals, subprocess,
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "sealaned",
            dependencies: [
                "SealaneAgent", "SealaneConfiguration", "SealaneControl", "SealaneLinux", argumentParser, logging,
                lifecycle,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "sealane",
            dependencies: [
                "SealaneBench", "SealaneConfiguration", "SealaneConsole", "SealaneControl", "SealaneEligibility",
                "SealaneFigures", "SealaneFleet", "SealaneIdentity", "SealaneLinux", "SealanePacket", "SealaneTunnel",
                argumentParser,
            ],
            swiftSettings: strict),

        // What several test targets need.
        .target(
            name: "TestSupport", dependencies: ["SealaneFigures", "SealaneLinux"] + nio, path: "Tests/TestSupport",
            swiftSettings: strict),
        .testTarget(
            name: "SealanePacketTests", dependencies: ["SealanePacket", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "SealaneAEADTests", dependencies: ["SealaneAEAD"], resources: [.copy("Vectors")],
            swiftSettings: strict),
        .testTarget(
            name: "SealaneTunnelTests", dependencies: ["SealaneTunnel", "SealaneAEAD", "SealanePacket", "TestSupport"],
            resources: [.copy("Vectors")], swiftSettings: strict),
        .testTarget(
            name: "SealaneEligibilityTests", dependencies: ["SealaneEligibility", "SealanePacket", "TestSupport"],
            resources: [.copy("Data")], swiftSettings: strict),
        .testTarget(
            name: "SealaneLinuxTests", dependencies: ["SealaneLinux", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "SealaneIdentityTests",
            dependencies: [
                "SealaneIdentity", "SealaneEligibility", "SealaneLinux", "SealanePacket", "SealaneTunnel",
                "TestSupport", crypto, cryptoExtras,
            ],
            resources: [.copy("Data")], swiftSettings: strict),
        .testTarget(
            name: "SealaneFleetTests",
            dependencies: [
                "SealaneFleet", "SealaneEligibility", "SealaneLinux", "SealanePacket", "SealaneTunnel", "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SealaneDataplaneTests",
            dependencies: [
                "SealaneDataplane", "SealaneTunnel", "SealanePacket", "SealaneAEAD", "SealaneLinux", "TestSupport",
            ],
            swiftSettings: strict),
        // A configuration, reports of an agent, and an agent that does nothing: for the tests of several modules.
        .target(
            name: "AgentTestSupport",
            dependencies: [
                "SealaneAgent", "SealaneConfiguration", "SealaneControl", "SealaneEligibility", "SealaneFleet",
                "SealaneLinux", "SealanePacket", "SealaneTunnel", "TestSupport", logging,
            ],
            path: "Tests/AgentTestSupport", swiftSettings: strict),
        .testTarget(
            name: "SealaneConfigurationTests",
            dependencies: [
                "AgentTestSupport", "SealaneAEAD", "SealaneConfiguration", "SealaneEligibility", "SealaneFleet",
                "SealaneLinux", "SealanePacket", "SealaneTunnel", "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SealaneControlTests",
            dependencies: [
                "AgentTestSupport", "SealaneAgent", "SealaneControl", "SealaneEligibility", "SealaneFleet",
                "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SealaneConsoleTests",
            dependencies: [
                "AgentTestSupport", "SealaneAgent", "SealaneConfiguration", "SealaneConsole", "SealaneControl",
                "SealaneEligibility", "SealaneFleet", "SealaneIdentity", "SealaneLinux", "SealanePacket",
                "SealaneTunnel", "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SealaneAgentTests",
            dependencies: [
                "AgentTestSupport", "SealaneAEAD", "SealaneAgent", "SealaneConfiguration", "SealaneConsole",
                "SealaneControl", "SealaneDataplane", "SealaneEligibility", "SealaneFleet", "SealaneIdentity",
                "SealaneLinux", "SealanePacket", "SealaneTunnel", "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SealaneBenchTests",
            dependencies: [
                "SealaneBench", "SealaneFigures", "SealaneLinux", "SealanePacket", "TestSupport", subprocess,
            ],
            swiftSettings: strict),
        // Programs and hosts in network namespaces, for integration tests and the tunnel benchmark.
        .target(
            name: "NetworkLab", dependencies: ["TestSupport"], path: "Tests/NetworkLab", swiftSettings: strict),
        // `make bench`: one program measures; figures and their presentation are pure.
        .target(
            name: "TunnelFigures", dependencies: ["SealaneFigures"], path: "Benchmarks/TunnelFigures",
            swiftSettings: strict),
        .executableTarget(
            name: "tunnel-bench",
            dependencies: [
                "NetworkLab", "SealaneAEAD", "SealaneDataplane", "SealaneEligibility", "SealaneFigures", "SealaneLinux",
                "SealanePacket", "SealaneTunnel", "TestSupport", "TunnelFigures", argumentParser,
            ],
            path: "Benchmarks/Tunnels", swiftSettings: strict),
        // `make bench-micro`, and what counts its allocations.
        .target(name: "CCounting", path: "Benchmarks/CCounting"),
        .executableTarget(
            name: "micro-bench",
            dependencies: [
                "CCounting", "SealaneAEAD", "SealaneEligibility", "SealaneFigures", "SealaneIdentity", "SealaneLinux",
                "SealanePacket", "SealaneTunnel", "TestSupport", argumentParser,
            ],
            path: "Benchmarks/Micro", swiftSettings: strict),
        // `make fuzz`: the parsers, and a program that is libFuzzer's in one build and takes the time in the other.
        .target(
            name: "ParserFuzzing",
            dependencies: [
                "SealaneIdentity", "SealaneEligibility", "SealaneFigures", "SealaneTunnel", "SealanePacket",
                "SealaneAEAD", "TestSupport", crypto,
            ],
            path: "Tests/ParserFuzzing", swiftSettings: strict),
        .executableTarget(
            name: "fuzz-parsers", dependencies: ["ParserFuzzing", "TestSupport", argumentParser], path: "Tests/Fuzz",
            exclude: ["run"],
            swiftSettings: strict + (isFuzzing ? [.define("LibFuzzer")] : [])),
        .testTarget(name: "ParserFuzzingTests", dependencies: ["ParserFuzzing"], swiftSettings: strict),
        // `make fleet`: what a host's own agent would not do.
        .executableTarget(
            name: "unchecked-handshake",
            dependencies: [
                "SealaneAEAD", "SealaneConfiguration", "SealaneDataplane", "SealaneEligibility", "SealaneIdentity",
                "SealaneLinux", "SealanePacket", "SealaneTunnel", argumentParser,
            ],
            path: "Tests/UncheckedHandshake", swiftSettings: strict),
        .testTarget(
            name: "SealaneFiguresTests", dependencies: ["SealaneFigures", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "TunnelFiguresTests", dependencies: ["SealaneFigures", "TestSupport", "TunnelFigures"],
            swiftSettings: strict),
        .testTarget(name: "HouseTests", dependencies: ["SealaneEligibility"], swiftSettings: strict),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "NetworkLab", "SealaneAgent", "SealaneConfiguration", "SealaneConsole", "SealaneControl",
                "SealaneDataplane", "SealaneEligibility", "SealaneFigures", "SealaneFleet", "SealaneIdentity",
                "SealaneLinux", "SealanePacket", "SealaneTunnel", "TestSupport", "sealaned", "sealane",
                "unchecked-handshake",
            ],
            swiftSettings: strict),
    ] + (hasIPsecMB ? [.systemLibrary(name: "CIPsecMB", providers: [.apt(["libipsec-mb-dev"])])] : [])
)
