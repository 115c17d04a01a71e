#ifndef SEALANE_CIPSECMB_SHIM_H
#define SEALANE_CIPSECMB_SHIM_H

#include <intel-ipsec-mb.h>

// The library's calls are function-like macros, which Swift cannot see. These functions have the macros' parameters.

static inline void cipsecmb_aes256_gcm_pre(const IMB_MGR *manager, const void *key, struct gcm_key_data *expanded) {
    IMB_AES256_GCM_PRE(manager, key, expanded);
}

static inline void cipsecmb_aes256_gcm_enc(
    const IMB_MGR *manager, const struct gcm_key_data *key, struct gcm_context_data *context, void *output,
    const void *input, uint64_t count, const void *nonce, const void *header, uint64_t header_count, void *tag,
    uint64_t tag_count) {
    IMB_AES256_GCM_ENC(
        manager, key, context, (uint8_t *)output, (const uint8_t *)input, count, (const uint8_t *)nonce,
        (const uint8_t *)header, header_count, (uint8_t *)tag, tag_count);
}

static inline void cipsecmb_aes256_gcm_dec(
    const IMB_MGR *manager, const struct gcm_key_data *key, struct gcm_context_data *context, void *output,
    const void *input, uint64_t count, const void *nonce, const void *header, uint64_t header_count, void *tag,
    uint64_t tag_count) {
    IMB_AES256_GCM_DEC(
        manager, key, context, (uint8_t *)output, (const uint8_t *)input, count, (const uint8_t *)nonce,
        (const uint8_t *)header, header_count, (uint8_t *)tag, tag_count);
}

static inline void cipsecmb_chacha20_poly1305_init(
    const IMB_MGR *manager, const void *key, struct chacha20_poly1305_context_data *context, const void *nonce,
    const void *header, uint64_t header_count) {
    IMB_CHACHA20_POLY1305_INIT(manager, key, context, nonce, header, header_count);
}

static inline void cipsecmb_chacha20_poly1305_enc_update(
    const IMB_MGR *manager, const void *key, struct chacha20_poly1305_context_data *context, void *output,
    const void *input, uint64_t count) {
    IMB_CHACHA20_POLY1305_ENC_UPDATE(manager, key, context, output, input, count);
}

static inline void cipsecmb_chacha20_poly1305_dec_update(
    const IMB_MGR *manager, const void *key, struct chacha20_poly1305_context_data *context, void *output,
    const void *input, uint64_t count) {
    IMB_CHACHA20_POLY1305_DEC_UPDATE(manager, key, context, output, input, count);
}

static inline void cipsecmb_chacha20_poly1305_enc_finalize(
    const IMB_MGR *manager, struct chacha20_poly1305_context_data *context, void *tag, uint64_t tag_count) {
    IMB_CHACHA20_POLY1305_ENC_FINALIZE(manager, context, tag, tag_count);
}

static inline void cipsecmb_chacha20_poly1305_dec_finalize(
    const IMB_MGR *manager, struct chacha20_poly1305_context_data *context, void *tag, uint64_t tag_count) {
    IMB_CHACHA20_POLY1305_DEC_FINALIZE(manager, context, tag, tag_count);
}

#endif
