
# In a file, as the browser tests' server is a process of its own.
DATABASES["default"]["TEST"] = {"NAME": BASE_DIR / "test.sqlite3"}
