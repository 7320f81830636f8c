"`python -m makemore_lit {train,sample,eval,compare} …`; see chapter 13."
from .cli import main

if __name__ == '__main__': main()
