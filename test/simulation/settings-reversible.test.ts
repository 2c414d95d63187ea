import { describeSingles } from './describe-vendor.ts';

describeSingles('reversible', 'in other settings');
