// Keeps a token as a cookie of this site, or removes it.

export default function ({ data }) {
  const seconds = data.token ? data.days * 24 * 3600 : 0;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  const value = `${encodeURIComponent(data.name)}=${encodeURIComponent(data.token)}`;
  document.cookie = `${value}; Max-Age=${seconds}; Path=/; SameSite=Lax${secure}`;
}
