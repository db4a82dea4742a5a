// Solves the proof of work in workers from this site's files, as the CSP allows no others.
const { worker } = document.getElementById("challenge").dataset;
globalThis.$altcha.algorithms.set("PBKDF2/SHA-256", () => new Worker(worker));
// The Korean pages' own texts, in their style; the widget's are formal and say "robot".
globalThis.$altcha.i18n.set("ko", {
  ...globalThis.$altcha.i18n.get("ko"),
  error: "확인하지 못했어요. 잠시 후 다시 시도해 주세요.",
  expired: "확인한 지 오래됐어요. 다시 시도해 주세요.",
  label: "봇 방지 확인",
  verificationRequired: "확인이 필요해요.",
  verified: "확인했어요",
  verifying: "확인하고 있어요…",
  waitAlert: "확인하고 있어요. 잠시만 기다려 주세요.",
});
